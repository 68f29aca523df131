from django.urls import path

from . import choose_students, examiner, initiator, student, together

app_name = "assessments"

urlpatterns = [
    # The initiator: source text, part A
    path("examens/eenheid/<int:unit_id>/digitaal-beoordelen/", initiator.unit_list, name="unit_list"),
    path(
        "examens/werkproces/<int:work_process_id>/digitaal-beoordelen/",
        initiator.work_process_list,
        name="work_process_list",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/starten/",
        choose_students.choose_student,
        name="choose_student",
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
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/uitnodigen/",
        together.message_together,
        name="message_together",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/samen/verzenden/",
        together.send_together,
        name="send_together",
    ),
    path("beoordelingen/<uuid:public_id>/", initiator.detail, name="detail"),
    path("beoordelingen/<uuid:public_id>/examinatoren/", initiator.examiners, name="examiners"),
    path("beoordelingen/<uuid:public_id>/examinatoren/kiezen/", initiator.pick, name="pick"),
    path("beoordelingen/<uuid:public_id>/examinatoren/overnemen/", initiator.take_over, name="take_over"),
    path("beoordelingen/<uuid:public_id>/examinatoren/toevoegen/", initiator.add_contact, name="add_contact"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/", initiator.choose_invitees, name="choose_invitees"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/bericht/", initiator.message, name="message"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/verzenden/", initiator.send_invitations, name="send_invitations"),
    path("uitnodigingen/<uuid:public_id>/opnieuw-verzenden/", initiator.send_again, name="send_again"),
    # The examiner, without an account: part B
    path("beoordelen/u/<uuid:public_id>/", examiner.form, name="form"),
    path("beoordelen/u/<uuid:public_id>/opslaan/", examiner.save, name="save"),
    path("beoordelen/u/<uuid:public_id>/nakijken/", examiner.check, name="check"),
    path("beoordelen/u/<uuid:public_id>/afronden/", examiner.complete, name="complete"),
    path("beoordelen/u/<uuid:public_id>/bijlagen/<int:attachment_id>/", examiner.attachment, name="attachment"),
    path("beoordelen/u/<uuid:public_id>/nieuwe-link/", examiner.new_link_by_cookie, name="new_link_by_cookie"),
    path("beoordelen/<str:token>/", examiner.open_link, name="open_link"),
    path("beoordelen/<str:token>/nieuwe-link/", examiner.new_link, name="new_link"),
    # The student
    path("mijn-examens/", student.my_exams, name="my_exams"),
    path("documenten/<uuid:public_id>/", student.document, name="document"),
]
