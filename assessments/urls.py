from django.urls import path

from assessments.coupling import views as coupling_views
from assessments.documents import views as documents_views
from assessments.examiner import link_views, participation_views
from assessments.examiner import views as examiner_views
from assessments.invitations import delivery_status
from assessments.invitations import views as invitations_views
from assessments.privacy import my_data_views
from assessments.progress import calendar_views, sitting_views, student_views, views
from assessments.start import views as start_views

app_name = "assessments"
urlpatterns = [
    # The initiator: source text, part A
    path("afnames/", views.afnames, name="afnames"),
    path("afnames/herinneren/", views.plan_reminders, name="plan_reminders"),
    path("afnames/herinneringen-verzenden/", views.send_reminders, name="send_reminders"),
    path("afnames/verzending/", delivery_status.list_delivery_status, name="sending_in_list"),
    path("examens/eenheid/<int:unit_id>/digitaal-beoordelen/", views.unit_list, name="unit_list"),
    path(
        "examens/werkproces/<int:work_process_id>/digitaal-beoordelen/",
        views.work_process_list,
        name="work_process_list",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/starten/",
        start_views.choose_student,
        name="choose_student",
    ),
    path(
        "examens/eenheid/<int:unit_id>/digitaal-beoordelen/verzending/",
        delivery_status.unit_delivery_status,
        name="sending_together",
    ),
    path("beoordelingen/<uuid:public_id>/", views.detail, name="detail"),
    path("beoordelingen/<uuid:public_id>/verzending/", delivery_status.assessment_delivery_status, name="sending"),
    path("beoordelingen/<uuid:public_id>/intrekken/", views.undo_start, name="take_back"),
    path("beoordelingen/<uuid:public_id>/overdragen/", views.hand_over, name="hand_over"),
    path("beoordelingen/<uuid:public_id>/volgen/", views.become_initiator, name="become_initiator"),
    path("beoordelingen/<uuid:public_id>/verloop/", sitting_views.record, name="record"),
    path("beoordelingen/<uuid:public_id>/zitting/", sitting_views.sitting, name="sitting"),
    path("beoordelingen/<uuid:public_id>/zitting/proces-verbaal.pdf", sitting_views.report, name="sitting_report"),
    # The flow of starting: `public_id` is of an assessment, or of a selection of several
    path("afnames/selectie/", start_views.select, name="select"),
    path("beoordelingen/<uuid:public_id>/studenten/", start_views.students, name="students"),
    path("beoordelingen/<uuid:public_id>/examinatoren/", coupling_views.examiners, name="examiners"),
    path("beoordelingen/<uuid:public_id>/examinatoren/kiezen/", coupling_views.pick, name="pick"),
    path("beoordelingen/<uuid:public_id>/examinatoren/overnemen/", coupling_views.save_choice, name="take_over"),
    path("beoordelingen/<uuid:public_id>/examinatoren/toevoegen/", coupling_views.add_contact, name="add_contact"),
    path("beoordelingen/<uuid:public_id>/examinatoren/per-student/", coupling_views.per_student, name="per_student"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/", invitations_views.message, name="choose_invitees"),
    path("beoordelingen/<uuid:public_id>/uitnodigen/bericht/", invitations_views.message, name="message"),
    path(
        "beoordelingen/<uuid:public_id>/uitnodigen/verzenden/",
        invitations_views.send_invitations,
        name="send_invitations",
    ),
    path(
        "beoordelingen/<uuid:public_id>/examinatoren/<int:contact_id>/vervangen/",
        invitations_views.pick_replacement,
        name="pick_replacement",
    ),
    path(
        "beoordelingen/<uuid:public_id>/examinatoren/<int:contact_id>/vervangen/bevestigen/",
        invitations_views.replace,
        name="replace",
    ),
    path("uitnodigingen/<uuid:public_id>/opnieuw-verzenden/", invitations_views.send_again, name="send_again"),
    path(
        "uitnodigingen/<uuid:public_id>/bijlagen/<int:attachment_id>/",
        invitations_views.sent_attachment,
        name="sent_attachment",
    ),
    path("uitnodigingen/<uuid:public_id>/herinneren/", views.remind_one, name="remind"),
    path("uitnodigingen/<uuid:public_id>/opnieuw-uitnodigen/", invitations_views.invite_again, name="invite_again"),
    path("uitnodigingen/<uuid:public_id>/intrekken/", invitations_views.withdraw, name="withdraw"),
    path("voorstellen/<uuid:public_id>/bevestigen/", invitations_views.confirm, name="confirm_proposal"),
    path("voorstellen/<uuid:public_id>/afwijzen/", invitations_views.decline, name="decline_proposal"),
    # The examiner, without an account: part B
    path("beoordelen/u/<uuid:public_id>/", examiner_views.form, name="form"),
    path("beoordelen/u/<uuid:public_id>/opslaan/", examiner_views.save, name="save"),
    path("beoordelen/u/<uuid:public_id>/bewaren/", examiner_views.keep, name="keep"),
    path("beoordelen/u/<uuid:public_id>/verloop/", participation_views.record, name="record_by_examiner"),
    path("beoordelen/u/<uuid:public_id>/collega/", link_views.propose, name="propose"),
    path("beoordelen/u/<uuid:public_id>/klaar/", examiner_views.leave, name="leave"),
    path("beoordelen/u/<uuid:public_id>/taal/", examiner_views.language, name="language"),
    path("beoordelen/u/<uuid:public_id>/nakijken/", examiner_views.check, name="check"),
    path("beoordelen/u/<uuid:public_id>/afronden/", examiner_views.complete, name="complete"),
    path("beoordelen/u/<uuid:public_id>/nog-wijzigen/", examiner_views.change, name="change"),
    path("beoordelen/u/<uuid:public_id>/kopie.pdf", examiner_views.copy, name="copy"),
    path("beoordelen/u/<uuid:public_id>/bijlagen/<int:attachment_id>/", examiner_views.attachment, name="attachment"),
    path("beoordelen/u/<uuid:public_id>/nieuwe-link/", link_views.new_link_by_cookie, name="new_link_by_cookie"),
    path("beoordelen/studenten/<uuid:key>/", link_views.students, name="examiner_students"),
    path("beoordelen/studenten/<uuid:key>/klaar/", link_views.leave_students, name="leave_students"),
    path("beoordelen/studenten/<uuid:key>/nieuwe-link/", link_views.new_links, name="new_links"),
    path("beoordelen/<str:token>/", link_views.open_link, name="open_link"),
    path("beoordelen/<str:token>/nieuwe-link/", link_views.new_link, name="new_link"),
    path("beoordelen/<str:token>/geen-herinneringen/", link_views.no_reminders, name="no_reminders"),
    # The student
    path("mijn-examens/", student_views.my_exams, name="my_exams"),
    path("documenten/<uuid:public_id>/", student_views.document, name="document"),
    path("profiel/agenda/", calendar_views.calendar_page, name="calendar"),
    path("agenda/<str:token>.ics", calendar_views.calendar_feed, name="calendar_feed"),
    path("profiel/gegevens/", my_data_views.own_data, name="own_data"),
    path("profiel/gegevens/<int:membership_id>/opvragen/", my_data_views.request_own_data, name="ask_own_data"),
    path("profiel/gegevens/<uuid:public_id>/", my_data_views.download_own_data, name="download_own_data"),
    # Anyone who holds a document
    path("controle/", documents_views.ask_code, name="ask_code"),
    path("controle/bestand/", documents_views.check_file, name="check_file"),
    path("controle/<str:code>/", documents_views.check_code, name="check_code"),
]
