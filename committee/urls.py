from django.urls import path

from committee.assessment_list import views
from committee.decisions import batch_views
from committee.decisions import views as decisions_views
from committee.delivery import views as delivery_views
from committee.export import profile_views
from committee.export import views as export_views
from committee.review import views as review_views
from committee.statistics import views as statistics_views

app_name = "committee"
urlpatterns = [
    path("", views.assessment_list, name="afnames"),
    path("afronden/nakijken/", batch_views.confirm_batch, name="confirm_many"),
    path("afronden/definitief/", batch_views.start_batch, name="make_many_final"),
    path("afronden/<uuid:public_id>/", batch_views.final_batch, name="final_batch"),
    path("beeld/", statistics_views.overview, name="picture"),
    path("beeld/<int:exam_id>/", statistics_views.exam_statistics, name="picture_of_exam"),
    path("bezwaren/", decisions_views.appeals, name="appeals"),
    path("verzending-mislukt/", delivery_views.undelivered, name="undelivered"),
    path("resultaten/", export_views.start_export, name="start_export"),
    path("exports/", export_views.exports, name="exports"),
    path("exports/gewijzigd/<int:exam_id>/", export_views.changed, name="changed_results"),
    path("exports/gewijzigd/<int:exam_id>/bestand/", export_views.changed_file, name="changed_results_file"),
    path("exports/<uuid:public_id>/", export_views.export, name="export"),
    path("exports/<uuid:public_id>/bestand/", export_views.export_file, name="export_file"),
    path("exports/uitleg/", profile_views.export_help, name="export_explained"),
    path("exportprofielen/", profile_views.profiles, name="export_profiles"),
    path("exportprofielen/nieuw/", profile_views.add_profile, name="add_export_profile"),
    path("exportprofielen/<uuid:public_id>/", profile_views.edit_profile, name="edit_export_profile"),
    path("exportprofielen/<uuid:public_id>/verwijderen/", profile_views.remove_profile, name="remove_export_profile"),
    path("<uuid:public_id>/", review_views.detail, name="afname"),
    path("<uuid:public_id>/verloop/", review_views.record, name="record"),
    path("<uuid:public_id>/bewerken/", review_views.edit, name="edit"),
    path("<uuid:public_id>/geschil/", review_views.dispute, name="dispute"),
    path("<uuid:public_id>/bewerkhistorie/", review_views.history, name="correction_history"),
    path("<uuid:public_id>/afronden/", decisions_views.finalise, name="finalise"),
    path("<uuid:public_id>/voordragen/", decisions_views.propose, name="propose"),
    path("<uuid:public_id>/terugsturen/", decisions_views.send_back, name="send_back"),
    path("<uuid:public_id>/intrekken/", decisions_views.cancel, name="cancel"),
    path("<uuid:public_id>/definitief-intrekken/", decisions_views.withdraw_final, name="withdraw_final"),
    path("<uuid:public_id>/bezwaar/", decisions_views.mark_appeal, name="mark_appeal"),
    path("<uuid:public_id>/bezwaar/afsluiten/", decisions_views.close_appeal, name="close_appeal"),
    path("<uuid:public_id>/verzending/", review_views.delivery, name="delivery"),
    path("<uuid:public_id>/opnieuw-verzenden/", delivery_views.send_again, name="send_again"),
    path("<uuid:public_id>/bericht-opnieuw-verzenden/", delivery_views.resend_message, name="tell_again"),
    path("<uuid:public_id>/pdf-opnieuw-maken/", review_views.make_again, name="make_again"),
]
