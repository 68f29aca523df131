from django.urls import path

from . import (
    check_document,
    choose_examiners,
    choose_students,
    examiner,
    follow_up,
    following,
    initiator,
    more_students,
    no_reminders,
    per_student,
    proposals,
    propose_colleague,
    student,
    taking_back,
    together,
)

app_name = "assessments"

urlpatterns = [
    # The initiator: source text, part A
    path("examens/eenheid/<int:unit_id>/digitaal-beoordelen/", following.unit_list, name="unit_list"),
    path(
        "examens/werkproces/<int:work_process_id>/digitaal-beoordelen/",
        following.work_process_list,
        name="work_process_list",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/starten/",
        choose_students.choose_student,
        name="choose_student",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/starten/wijzigen/",
        choose_students.change_chosen,
        name="change_chosen",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/starten/nummers/",
        choose_students.add_numbers,
        name="add_numbers",
    ),
    path("examens/eenheid/<int:unit_id>/digitaal-beoordelen/ga-verder/", choose_students.start, name="start"),
    path("examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/", together.together, name="together"),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/kiezen/",
        together.pick_together,
        name="pick_together",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/overnemen/",
        together.take_over_together,
        name="take_over_together",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/toevoegen/",
        together.add_contact_together,
        name="add_contact_together",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/per-student/",
        per_student.per_student,
        name="per_student",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/per-student/overnemen/",
        per_student.take_over_per_student,
        name="take_over_per_student",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/uitnodigen/",
        together.message_together,
        name="message_together",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/verzenden/",
        together.send_together,
        name="send_together",
    ),
    path("examens/eenheid/<int:unit_id>/digitaal-beoordelen/herinneren/", following.remind_late, name="remind_late"),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/herinneringen-verzenden/",
        following.send_reminders,
        name="send_reminders",
    ),
    path("beoordelingen/<uuid:public_id>/", initiator.detail, name="detail"),
    path("beoordelingen/<uuid:public_id>/intrekken/", taking_back.take_back, name="take_back"),
    path("beoordelingen/<uuid:public_id>/examinatoren/", choose_examiners.examiners, name="examiners"),
    path("beoordelingen/<uuid:public_id>/examinatoren/kiezen/", choose_examiners.pick, name="pick"),
    path("beoordelingen/<uuid:public_id>/examinatoren/overnemen/", choose_examiners.take_over, name="take_over"),
    path("beoordelingen/<uuid:public_id>/examinatoren/weghalen/", choose_examiners.use_coarser, name="use_coarser"),
    path(
        "beoordelingen/<uuid:public_id>/examinatoren/meer-studenten/",
        more_students.more_students,
        name="more_students",
    ),
    path("beoordelingen/<uuid:public_id>/examinatoren/toepassen/", more_students.apply, name="apply"),
    path("beoordelingen/<uuid:public_id>/examinatoren/toevoegen/", choose_examiners.add_contact, name="add_contact"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/", initiator.choose_invitees, name="choose_invitees"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/bericht/", initiator.message, name="message"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/verzenden/", initiator.send_invitations, name="send_invitations"),
    path(
        "beoordelingen/<uuid:public_id>/examinatoren/<int:contact_id>/vervangen/",
        follow_up.pick_replacement,
        name="pick_replacement",
    ),
    path(
        "beoordelingen/<uuid:public_id>/examinatoren/<int:contact_id>/vervangen/bevestigen/",
        follow_up.replace,
        name="replace",
    ),
    path("uitnodigingen/<uuid:public_id>/opnieuw-verzenden/", initiator.send_again, name="send_again"),
    path("uitnodigingen/<uuid:public_id>/herinneren/", following.remind_one, name="remind"),
    path("uitnodigingen/<uuid:public_id>/opnieuw-uitnodigen/", follow_up.invite_again, name="invite_again"),
    path("uitnodigingen/<uuid:public_id>/intrekken/", follow_up.withdraw, name="withdraw"),
    path("voorstellen/<uuid:public_id>/bevestigen/", proposals.confirm, name="confirm_proposal"),
    path("voorstellen/<uuid:public_id>/afwijzen/", proposals.decline, name="decline_proposal"),
    # The examiner, without an account: part B
    path("beoordelen/u/<uuid:public_id>/", examiner.form, name="form"),
    path("beoordelen/u/<uuid:public_id>/opslaan/", examiner.save, name="save"),
    path("beoordelen/u/<uuid:public_id>/bewaren/", examiner.keep, name="keep"),
    path("beoordelen/u/<uuid:public_id>/collega/", propose_colleague.propose, name="propose"),
    path("beoordelen/u/<uuid:public_id>/klaar/", examiner.leave, name="leave"),
    path("beoordelen/u/<uuid:public_id>/taal/", examiner.language, name="language"),
    path("beoordelen/u/<uuid:public_id>/nakijken/", examiner.check, name="check"),
    path("beoordelen/u/<uuid:public_id>/afronden/", examiner.complete, name="complete"),
    path("beoordelen/u/<uuid:public_id>/nog-wijzigen/", examiner.change, name="change"),
    path("beoordelen/u/<uuid:public_id>/kopie.pdf", examiner.copy, name="copy"),
    path("beoordelen/u/<uuid:public_id>/bijlagen/<int:attachment_id>/", examiner.attachment, name="attachment"),
    path("beoordelen/u/<uuid:public_id>/nieuwe-link/", examiner.new_link_by_cookie, name="new_link_by_cookie"),
    path("beoordelen/<str:token>/", examiner.open_link, name="open_link"),
    path("beoordelen/<str:token>/nieuwe-link/", examiner.new_link, name="new_link"),
    path("beoordelen/<str:token>/geen-herinneringen/", no_reminders.no_reminders, name="no_reminders"),
    # The student
    path("mijn-examens/", student.my_exams, name="my_exams"),
    path("documenten/<uuid:public_id>/", student.document, name="document"),
    # Anyone who holds a document
    path("controle/", check_document.ask_code, name="ask_code"),
    path("controle/bestand/", check_document.check_file, name="check_file"),
    path("controle/<str:code>/", check_document.check_code, name="check_code"),
]
