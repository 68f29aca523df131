from django.urls import path

from . import (
    appealing,
    cancelling,
    correcting,
    export_profiles,
    exports,
    final_batches,
    finalising,
    finalising_many,
    picturing,
    views,
)

app_name = "committee"

urlpatterns = [
    path("", views.afnames, name="afnames"),
    path("afronden/", finalising_many.finalise_many, name="finalise_many"),
    path("afronden/nakijken/", finalising_many.confirm_many, name="confirm_many"),
    path("afronden/definitief/", finalising_many.make_many_final, name="make_many_final"),
    path("afronden/<uuid:public_id>/", final_batches.final_batch, name="final_batch"),
    path("beeld/", picturing.overview, name="picture"),
    path("beeld/<int:exam_id>/", picturing.of_exam, name="picture_of_exam"),
    path("bezwaren/", appealing.appeals, name="appeals"),
    path("resultaten/", views.start_export, name="start_export"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<uuid:public_id>/", exports.export, name="export"),
    path("exports/<uuid:public_id>/bestand/", exports.export_file, name="export_file"),
    path("exports/uitleg/", export_profiles.explained, name="export_explained"),
    path("exportprofielen/", export_profiles.profiles, name="export_profiles"),
    path("exportprofielen/nieuw/", export_profiles.add, name="add_export_profile"),
    path("exportprofielen/<uuid:public_id>/", export_profiles.edit, name="edit_export_profile"),
    path("exportprofielen/<uuid:public_id>/verwijderen/", export_profiles.remove, name="remove_export_profile"),
    path("<uuid:public_id>/", views.afname, name="afname"),
    path("<uuid:public_id>/bewerken/", correcting.edit, name="edit"),
    path("<uuid:public_id>/bewerkhistorie/", correcting.history, name="correction_history"),
    path("<uuid:public_id>/afronden/", finalising.finalise, name="finalise"),
    path("<uuid:public_id>/voordragen/", finalising.propose, name="propose"),
    path("<uuid:public_id>/terugsturen/", views.send_back, name="send_back"),
    path("<uuid:public_id>/intrekken/", cancelling.cancel, name="cancel"),
    path("<uuid:public_id>/definitief-intrekken/", cancelling.withdraw_final, name="withdraw_final"),
    path("<uuid:public_id>/bezwaar/", appealing.mark_appeal, name="mark_appeal"),
    path("<uuid:public_id>/bezwaar/afsluiten/", appealing.close_appeal, name="close_appeal"),
    path("<uuid:public_id>/verzending/", views.delivery, name="delivery"),
    path("<uuid:public_id>/opnieuw-verzenden/", views.send_again, name="send_again"),
    path("<uuid:public_id>/pdf-opnieuw-maken/", views.make_again, name="make_again"),
]
