"""Every URL with every role, against the table below; a URL missing from the table fails the test.

    ok     the page is shown (200)
    go     the action was done, or redirects (302, not to the login)
    login  redirects to the login
    none   does not exist for this user (404); data of another school never gives a 403
    bad    refused with an error (another 4xx), for public pages; SCIM answers 401 to whoever has no key

Columns: nobody (not logged in), student (whose assessment it is), fellow (another student of the school),
trainer (Praktijkopleider), docent (with the exam on the account), bare (Docent without it),
apart (Docent with it, in another team; the school limits docenten to their team), committee, other (a member of another
committee), admin (Schoolbeheer), staff (of the Consortium), stranger (Docent, Examencommissie and Schoolbeheer of
another school).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.auth import links as auth_links
from accounts.auth import password
from accounts.importing.preview import prepare
from accounts.models import Membership, PeopleImport, Role, School, Session, User
from accounts.people.links import token_for
from addressbook.models import Import
from assessments import links, unsubscribe
from assessments.models import Assessment, DataRequest, DatesImport, Document, Invitation
from assessments.privacy import data_requests
from committee.decisions.finalise import finalise
from committee.models import FinalBatch
from digibeoordelen.health.models import Heartbeat
from digibeoordelen.outbox.models import OutgoingMail
from exams.content.guide import example_source
from exams.models import Exam, ExamUnit, Upload
from exchange.models import Delivery, Partner, Receiver, Webhook
from exchange.partners.partners import make_key

from .accounts.people.test_invitations import ask
from .accounts.sso.openid import make_provider
from .addressbook.files import ANOUK, csv_file
from .assessments.sittings.test_participation import make_sitting
from .factories import (
    ExamOfficeFactory,
    ExportFactory,
    ExportProfileFactory,
    FinalBatchFactory,
    MembershipFactory,
    RegistrationFactory,
    UserFactory,
    given_logo,
    member,
)

ROLES = [
    *("nobody", "student", "fellow", "trainer", "docent", "bare", "apart"),
    *("committee", "other", "admin", "staff", "stranger"),
]

TABLE = """
url                             method nobody student fellow trainer docent bare  apart committee other admin staff stranger
home                            GET    login  go      go     go      go     go    go    go        go    go    go    go
favicon                         GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
health                          GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
health_alive                    GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
health_watch                    GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
metrics                         GET    none   none    none   none    none   none  none  none      none  none  none  none
account_login                   GET    ok     go      go     go      go     go    go    go        go    go    go    go
account_logout                  POST   login  go      go     go      go     go    go    go        go    go    go    go
account_reauthenticate          GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
account_reauthenticate          POST   login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
account_reset_password          GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
account_reset_password_from_key GET    go     go      go     go      go     go    go    go        go    go    go    go
account_change_password         GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
account_change_password         POST   login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
account_set_password            GET    login  go      go     go      go     go    go    go        go    go    go    go
mfa_authenticate                GET    go     go      go     go      go     go    go    go        go    go    go    go
mfa_authenticate                POST   go     go      go     go      go     go    go    go        go    go    go    go
mfa_login_webauthn              GET    go     go      go     go      go     go    go    go        go    go    go    go
mfa_login_webauthn              POST   go     go      go     go      go     go    go    go        go    go    go    go
mfa_reauthenticate              GET    login  go      go     go      go     go    go    go        go    go    go    go
mfa_reauthenticate_webauthn     GET    login  go      go     go      go     go    go    go        go    go    go    go
mfa_index                       GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_activate_totp               GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_activate_totp               POST   login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_deactivate_totp             GET    login  none    none   none    none   none  none  none      none  none  none  none
mfa_deactivate_totp             POST   login  none    none   none    none   none  none  none      none  none  none  none
mfa_view_recovery_codes         GET    login  none    none   none    none   none  none  none      none  none  none  none
mfa_generate_recovery_codes     GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_generate_recovery_codes     POST   login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_add_webauthn                GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_add_webauthn                POST   login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
mfa_remove_webauthn             GET    login  none    none   none    login  none  none  none      none  none  none  none
mfa_remove_webauthn             POST   login  none    none   none    login  none  none  none      none  none  none  none
accounts:logged_in              GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
staff_login                     GET    login  none    none   none    none   none  none  none      none  none  login none
staff_change_password           GET    login  go      go     go      go     go    go    go        go    go    go    go
accounts:language               POST   go     go      go     go      go     go    go    go        go    go    go    go
accounts:join                   GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:join                   POST   ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:welcome                GET    login  go      go     go      go     go    go    go        go    go    go    go
accounts:profile                GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:profile_edit           GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:sessions               GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:end_all_sessions       POST   login  go      go     go      go     go    go    go        go    go    go    go
accounts:end_other_sessions     POST   login  go      go     go      go     go    go    go        go    go    go    go
accounts:end_session            POST   login  none    none   none    go     none  none  none      none  none  none  none
accounts:register               GET    ok     go      go     go      go     go    go    go        go    go    go    go
accounts:register               POST   ok     go      go     go      go     go    go    go        go    go    go    go
accounts:confirm_again          GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:confirm_registration   GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:change_email           GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:withdraw_email_change  POST   login  go      go     go      go     go    go    go        go    go    go    go
accounts:confirm_email          GET    login  none    none   none    ok     none  none  none      none  none  none  none
accounts:confirm_email          POST   login  none    none   none    go     none  none  none      none  none  none  none
accounts:stop_email_change      GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:report_number          POST   login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:exam_offices           GET    login  none    none   none    none   none  none  ok        ok    ok    none  ok
accounts:change_exam_office     GET    login  none    none   none    none   none  none  ok        none  ok    none  none
accounts:remove_exam_office     GET    login  none    none   none    none   none  none  ok        none  ok    none  none
school:start                    GET    login  none    none   none    none   none  none  none      none  go    none  go
accounts:find_school            GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:find_school            POST   ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:school_login           GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
accounts:school_proof           GET    go     go      go     go      go     go    go    go        go    go    go    go
school_login_start              GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
saml_acs                        POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
saml_finish_acs                 GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
saml_sls                        GET    go     go      go     go      go     go    go    go        go    go    go    go
saml_metadata                   GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
openid_connect_callback         GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
school:identity_providers       GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:add_identity_provider    GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:add_identity_provider    POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:identity_provider        GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:identity_provider        POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:remove_identity_provider GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:remove_identity_provider POST   login  none    none   none    none   none  none  none      none  go    none  none
school:unlink_school_account    POST   login  none    none   none    none   none  none  none      none  go    none  none
school:teams                    GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:add_team                 GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:add_team                 POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:team                     GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:team                     POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:remove_team              GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:remove_team              POST   login  none    none   none    none   none  none  none      none  go    none  none
school:overview                 GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:colour                   GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
school:logo                     GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
school:settings                 GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:settings                 POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:changes                  GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:student_numbers          GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:change_number            GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:change_number            POST   login  none    none   none    none   none  none  none      none  ok    none  none
privacy:retention               GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:erased                  GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:terms                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:terms                   POST   login  none    none   none    none   none  none  none      none  ok    none  none
privacy:students                GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:student                 GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:student                 POST   login  none    none   none    none   none  none  none      none  go    none  none
privacy:ask_own_data            POST   login  none    none   none    none   none  none  none      none  go    none  none
privacy:dates_start             GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:dates_start             POST   login  none    none   none    none   none  none  none      none  ok    none  none
privacy:dates_excel_template    GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:dates_csv_template      GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:dates_preview           GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:dates_apply             POST   login  none    none   none    none   none  none  none      none  go    none  none
privacy:dates_progress          GET    login  none    none   none    none   none  none  none      none  go    none  none
privacy:dates_to_mend           GET    login  none    none   none    none   none  none  none      none  ok    none  none
privacy:viewings                GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:people                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:role_log                 GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:person                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:give_role                POST   login  none    none   none    none   none  none  none      none  go    none  none
school:take_role                GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:take_role                POST   login  none    none   none    none   none  none  none      none  go    none  none
school:leave                    GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:leave                    POST   login  none    none   none    none   none  none  none      none  go    none  none
school:invitations              GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:invite                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:invite                   POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:send_unsent              POST   login  none    none   none    none   none  none  none      none  go    none  none
school:send_expired             POST   login  none    none   none    none   none  none  none      none  go    none  none
school:send_invitation_again    POST   login  none    none   none    none   none  none  none      none  go    none  none
school:withdraw_invitation      POST   login  none    none   none    none   none  none  none      none  go    none  none
school:import_start             GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:import_start             POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:import_excel_template    GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:import_csv_template      GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:import_preview           GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:import_apply             POST   login  none    none   none    none   none  none  none      none  go    none  none
school:import_progress          GET    login  none    none   none    none   none  none  none      none  go    none  none
school:import_to_mend           GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:directory                GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:make_scim_key            GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:make_scim_key            POST   login  none    none   none    none   none  none  none      none  ok    none  none
school:revoke_scim_key          GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:revoke_scim_key          POST   login  none    none   none    none   none  none  none      none  go    none  none
school:group_role               GET    login  none    none   none    none   none  none  none      none  ok    none  none
school:group_role               POST   login  none    none   none    none   none  none  none      none  go    none  none
partners:list                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:add                    GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:add                    POST   login  none    none   none    none   none  none  none      none  ok    none  none
partners:partner                GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:edit                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:edit                   POST   login  none    none   none    none   none  none  none      none  ok    none  none
partners:calls                  GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:make_key               GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:make_key               POST   login  none    none   none    none   none  none  none      none  ok    none  none
partners:revoke_key             GET    login  none    none   none    none   none  none  none      none  ok    none  none
partners:revoke_key             POST   login  none    none   none    none   none  none  none      none  go    none  none
webhooks:list                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:add                    GET    login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:add                    POST   login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:webhook                GET    login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:edit                   GET    login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:edit                   POST   login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:ping                   POST   login  none    none   none    none   none  none  none      none  go    none  none
webhooks:renew_secret           GET    login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:renew_secret           POST   login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:remove                 GET    login  none    none   none    none   none  none  none      none  ok    none  none
webhooks:remove                 POST   login  none    none   none    none   none  none  none      none  go    none  none
webhooks:send_again             POST   login  none    none   none    none   none  none  none      none  go    none  none
oauth_token                     POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:root                        GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:components                  GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:component                   GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:offering                    GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:offering                    PUT    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:offering                    PATCH  bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:offering_associations       GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:association                 GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:association                 PUT    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:association                 PATCH  bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:association_url             GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:document                    GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
oke:unknown                     GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:root                       GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:config                     GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:resource_types             GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:resource_type              GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:schemas                    GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:schema                     GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:users                      GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:user                       GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:groups                     GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:group                      GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:unknown                    GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:search_users               GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:search_users               POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:search_groups              GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:search_groups              POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:users                      POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:groups                     POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:user                       PUT    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:user                       PATCH  bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:user                       DELETE bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:group                      PUT    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:group                      PATCH  bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
scim:group                      DELETE bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
exams:my_digibib                GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
exams:catalogue                 GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
exams:add                       POST   login  go      go     go      go     go    go    go        go    go    go    go
exams:remove                    POST   login  go      none   none    go     none  go    none      none  none  none  go
exams:workflow                  GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
exams:exam                      GET    login  ok      none   none    ok     none  ok    none      none  none  none  ok
exams:unit                      GET    login  ok      none   none    ok     none  ok    none      none  none  none  ok
exams:work_process              GET    login  ok      none   none    ok     none  ok    none      none  none  none  ok
consortium:schools              GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:mail                 GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:resend_failed        GET    login  none    none   none    none   none  none  none      none  none  go    none
consortium:resend_failed        POST   login  none    none   none    none   none  none  none      none  none  go    none
consortium:add_school           GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:add_school           POST   login  none    none   none    none   none  none  none      none  none  ok    none
consortium:school               GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:school               POST   login  none    none   none    none   none  none  none      none  none  ok    none
consortium:identity_providers   GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:add_identity_provider GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:add_identity_provider POST   login  none    none   none    none   none  none  none      none  none  ok    none
consortium:identity_provider    GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:identity_provider    POST   login  none    none   none    none   none  none  none      none  none  ok    none
consortium:remove_identity_provider GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:remove_identity_provider POST   login  none    none   none    none   none  none  none      none  none  go    none
consortium:activate             GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:activate             POST   login  none    none   none    none   none  none  none      none  none  go    none
consortium:deactivate           GET    login  none    none   none    none   none  none  none      none  none  ok    none
consortium:deactivate           POST   login  none    none   none    none   none  none  none      none  none  go    none
consortium:resend_invitation    POST   login  none    none   none    none   none  none  none      none  none  go    none
consortium:withdraw_invitation  POST   login  none    none   none    none   none  none  none      none  none  go    none
exam_content:exams              GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:guide              GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:upload             GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:upload             POST   login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:example_yaml       GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:example_workbook   GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:preview            GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:form_of_upload     GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:save               POST   login  none    none   none    none   none  none  none      none  none  go    none
exam_content:version            GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:form               GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:publish            GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:publish            POST   login  none    none   none    none   none  none  none      none  none  go    none
exam_content:as_yaml            GET    login  none    none   none    none   none  none  none      none  none  ok    none
exam_content:as_workbook        GET    login  none    none   none    none   none  none  none      none  none  ok    none
addressbook:contacts            GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
addressbook:add                 GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
addressbook:edit                GET    login  none    none   none    ok     ok    ok    none      none  none  none  none
addressbook:remove              GET    login  none    none   none    ok     ok    ok    none      none  none  none  none
addressbook:put_back            POST   login  none    none   none    go     go    go    none      none  none  none  none
assessments:afnames             GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
assessments:sending_in_list     GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
assessments:plan_reminders      POST   login  none    none   none    ok     none  none  none      none  none  none  none
assessments:unit_list           GET    login  none    none   none    ok     none  ok    none      none  none  none  ok
assessments:work_process_list   GET    login  none    none   none    ok     none  ok    none      none  none  none  ok
assessments:choose_student      GET    login  none    none   none    ok     none  ok    none      none  none  none  ok
assessments:choose_student      POST   login  none    none   none    go     none  go    none      none  none  none  go
assessments:select              POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:students            GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:students            POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:per_student         GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:per_student         POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:sending_together    GET    login  none    none   none    ok     none  ok    none      none  none  none  ok
assessments:sending             GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:detail              GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:take_back           GET    login  none    none   none    go     none  none  none      none  none  none  none
assessments:take_back           POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:hand_over           GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:hand_over           POST   login  none    none   none    ok     none  none  none      none  none  none  none
assessments:become_initiator    POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:record              GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:record              POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:sitting             GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:sitting             POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:sitting_report      GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:examiners           GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:pick                GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:take_over           POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:add_contact         GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:choose_invitees     GET    login  none    none   none    go     none  none  none      none  none  none  none
assessments:message             GET    login  none    none   none    go     none  none  none      none  none  none  none
assessments:send_invitations    POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:sent_attachment     GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:send_again          POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:remind              POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:send_reminders      POST   login  none    none   none    go     go    go    none      none  none  none  go
assessments:pick_replacement    GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:replace             GET    login  none    none   none    go     none  none  none      none  none  none  none
assessments:replace             POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:invite_again        GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:invite_again        POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:withdraw            GET    login  none    none   none    ok     none  none  none      none  none  none  none
assessments:withdraw            POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:confirm_proposal    POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:decline_proposal    POST   login  none    none   none    go     none  none  none      none  none  none  none
assessments:open_link           GET    go     go      go     go      go     go    go    go        go    go    go    go
assessments:new_link            POST   ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:new_link_by_cookie  POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:examiner_students   GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:leave_students      POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:new_links           POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:no_reminders        GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:no_reminders        POST   ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:form                GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:save                POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:keep                POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:propose             GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:propose             POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:record_by_examiner  GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:record_by_examiner  POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:leave               POST   ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:language            POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:check               POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:complete            POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:change              POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:copy                GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:attachment          GET    bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
assessments:my_exams            GET    login  ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:document            GET    login  ok      none   none    ok     none  none  ok        none  none  none  none
assessments:calendar            GET    login  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
assessments:calendar            POST   login  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok  ok
assessments:calendar_feed       GET    none  none  none  none  none  none  none  none  none  none  none  none
assessments:own_data            GET    login  ok      ok     none    none   none  none  none      none  none  none  none
assessments:ask_own_data        POST   login  go      none   none    none   none  none  none      none  none  none  none
assessments:download_own_data   GET    login  ok      none   none    none   none  none  none      none  none  none  none
assessments:ask_code            GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:check_code          GET    ok     ok      ok     ok      ok     ok    ok    ok        ok    ok    ok    ok
assessments:check_file          GET    go     go      go     go      go     go    go    go        go    go    go    go
assessments:check_file          POST   bad    bad     bad    bad     bad    bad   bad   bad       bad   bad   bad   bad
addressbook_import:start        GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
addressbook_import:excel_template GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
addressbook_import:csv_template GET    login  none    none   none    ok     ok    ok    none      none  none  none  ok
addressbook_import:preview      GET    login  none    none   none    ok     none  none  none      none  none  none  none
addressbook_import:apply        POST   login  none    none   none    go     none  none  none      none  none  none  none
addressbook_import:progress     GET    login  none    none   none    go     none  none  none      none  none  none  none
addressbook_import:to_mend      GET    login  none    none   none    ok     none  none  none      none  none  none  none
committees:committees           GET    login  none    none   none    none   none  none  none      none  ok    none  none
committees:add                  GET    login  none    none   none    none   none  none  none      none  ok    none  none
committees:add                  POST   login  none    none   none    none   none  none  none      none  ok    none  none
committees:committee            GET    login  none    none   none    none   none  none  none      none  ok    none  none
committees:committee            POST   login  none    none   none    none   none  none  none      none  ok    none  none
committees:remove               GET    login  none    none   none    none   none  none  none      none  ok    none  none
committees:remove               POST   login  none    none   none    none   none  none  none      none  go    none  none
committee:afnames               GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:start_export          POST   login  none    none   none    none   none  none  go        go    none  none  go
committee:exports               GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:export_explained      GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:export                GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:export_file           GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:changed_results       GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:changed_results_file  GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:export_profiles       GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:add_export_profile    GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:add_export_profile    POST   login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:edit_export_profile   GET    login  none    none   none    none   none  none  ok        ok    none  none  none
committee:edit_export_profile   POST   login  none    none   none    none   none  none  ok        ok    none  none  none
committee:remove_export_profile GET    login  none    none   none    none   none  none  ok        ok    none  none  none
committee:remove_export_profile POST   login  none    none   none    none   none  none  go        go    none  none  none
committee:afname                GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:edit                  GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:edit                  POST   login  none    none   none    none   none  none  ok        none  none  none  none
committee:dispute               GET    login  none    none   none    none   none  none  go        none  none  none  none
committee:dispute               POST   login  none    none   none    none   none  none  go        none  none  none  none
committee:correction_history    GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:record                GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:record                POST   login  none    none   none    none   none  none  go        none  none  none  none
committee:finalise              GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:confirm_many          POST   login  none    none   none    none   none  none  go        go    none  none  go
committee:make_many_final       POST   login  none    none   none    none   none  none  go        go    none  none  go
committee:final_batch           GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:picture               GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:picture_of_exam       GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:propose               GET    login  none    none   none    none   none  none  go        none  none  none  none
committee:send_back             GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:cancel                GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:cancel                POST   login  none    none   none    none   none  none  ok        none  none  none  none
committee:withdraw_final        GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:withdraw_final        POST   login  none    none   none    none   none  none  ok        none  none  none  none
committee:appeals               GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:mark_appeal           GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:mark_appeal           POST   login  none    none   none    none   none  none  ok        none  none  none  none
committee:close_appeal          GET    login  none    none   none    none   none  none  go        none  none  none  none
committee:close_appeal          POST   login  none    none   none    none   none  none  go        none  none  none  none
committee:delivery              GET    login  none    none   none    none   none  none  ok        none  none  none  none
committee:send_again            GET    login  none    none   none    none   none  none  go        none  none  none  none
committee:send_again            POST   login  none    none   none    none   none  none  go        none  none  none  none
committee:tell_again            POST   login  none    none   none    none   none  none  go        none  none  none  none
committee:undelivered           GET    login  none    none   none    none   none  none  ok        ok    none  none  ok
committee:make_again            POST   login  none    none   none    none   none  none  go        none  none  none  none
exchange:pdfs_of_search         GET    login  none    none   none    none   none  none  go        go    none  none  go
exchange:pdfs_of_student        GET    login  none    none   none    none   none  none  go        none  none  none  none
exchange:events                 GET    login  none    none   none    none   none  none  ok        none  none  none  none
exchange:offer_result           POST   login  none    none   none    none   none  none  go        none  none  none  none
exchange:receiver               GET    login  none    none   none    none   none  none  none      none  ok    none  none
exchange:receiver               POST   login  none    none   none    none   none  none  none      none  ok    none  none
exchange:check_receiver         POST   login  none    none   none    none   none  none  none      none  ok    none  none
exchange:offer_delivery         POST   login  none    none   none    none   none  none  none      none  go    none  none
exchange:own_pdfs               GET    login  go      go     go      go     go    go    go        go    go    go    go
"""  # noqa: E501

FOR_FINAL = {
    "assessments:document",
    "assessments:check_code",
    "committee:send_again",
    "committee:tell_again",
    "committee:make_again",
    "committee:withdraw_final",
    "committee:mark_appeal",
    "committee:close_appeal",
}


# Any browser or proxy may store these.
FOR_EVERYONE = {"favicon", "school:colour", "school:logo"}


def _registered(school: School, docent: User) -> str:
    registration = RegistrationFactory(school=school)
    return auth_links.CONFIRM_REGISTRATION.token({"registration": registration.pk, "language": "nl"})


def _change(link: auth_links.MailedLink, docent: User) -> str:
    change = docent.email_changes.create(old_email=docent.email, new_email="anders@hier.test")
    return link.token({"change": change.pk, "language": "nl"})


ACCOUNT_LINKS: dict[str, Callable[[School, User], str]] = {
    "accounts:confirm_registration": _registered,
    "accounts:join": lambda school, docent: token_for(ask(school, docent)),
    "accounts:confirm_email": lambda school, docent: _change(auth_links.CONFIRM_EMAIL, docent),
    "accounts:stop_email_change": lambda school, docent: _change(auth_links.STOP_EMAIL, docent),
}


ALLAUTH_LINKS: dict[str, Callable[[User], str]] = {
    "account_reset_password_from_key": lambda docent: _forgotten(),
    "mfa_remove_webauthn": lambda docent: reverse("mfa_remove_webauthn", args=[passkey_of(docent).pk]),
}


def _forgotten() -> str:
    """Return the link of another user than the visitor: logging in invalidates one's own."""
    link = password.password_link(user=UserFactory(), language="nl")
    return urlsplit(password.resolve_password_link(link.data)).path


def rows() -> list[tuple[str, str, dict[str, str]]]:
    header, *lines = [line.split() for line in TABLE.strip().splitlines()]
    assert header[2:] == ROLES
    return [(line[0], line[1], dict(zip(ROLES, line[2:], strict=True))) for line in lines]


def urls(patterns: list[Any], namespace: str = "", start: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """Yield (name, route, parameters) of every URL pattern."""
    for pattern in patterns:
        route = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from urls(pattern.url_patterns, ":".join(filter(None, [namespace, pattern.namespace])), route)
        elif isinstance(pattern, URLPattern):
            name = ":".join(filter(None, [namespace, pattern.name or route]))
            yield name, route, list(pattern.pattern.converters)


# The admin's pages have one rule and a separate test; the mailbox exists only in the demo.
URLS = {
    name: (route, parameters)
    for name, route, parameters in urls(get_resolver().url_patterns)
    if not name.startswith(("admin:", "demo:"))
}


def test_every_url_is_in_the_table() -> None:
    assert set(URLS) == {name for name, _, _ in rows()}


@pytest.fixture
def people(
    school: School, student: Membership, docent: User, committee_member: User, stranger: User, other_school: School
) -> dict[str, User | None]:
    MembershipFactory(user=stranger, school=other_school, role=Role.SCHOOLBEHEER)
    return {
        "nobody": None,
        "student": student.user,
        "fellow": MembershipFactory(school=school).user,
        "trainer": member(school, Role.PRAKTIJKOPLEIDER),
        "docent": docent,
        "bare": member(school, Role.DOCENT),
        "apart": _docent_of_other_team(school, docent),
        "committee": committee_member,
        "other": _member_of_other_committee(school),
        "admin": member(school, Role.SCHOOLBEHEER),
        "staff": UserFactory(is_staff=True, is_superuser=True),
        "stranger": stranger,
    }


def _docent_of_other_team(school: School, docent: User) -> User:
    """Return a docent with the exams of `docent`, each in a team of their own."""
    user = member(school, Role.DOCENT, *Exam.objects.filter(account_exams__user=docent))
    for one in (user, docent):
        school.teams.create(name=one.last_name).members.set(one.memberships.all())
    return user


def _member_of_other_committee(school: School) -> User:
    """Return a member of a committee of the same school for another programme."""
    user = member(school, Role.EXAMENCOMMISSIE)
    committee = school.committees.create(name="Techniek")
    committee.members.set(user.memberships.all())
    committee.programmes.create(school=school, code="25999")
    return user


@pytest.fixture
def alive(db: None) -> None:
    """Worker and beat gave a sign of life, else a monitor's check fails."""
    for process in Heartbeat.Process:
        Heartbeat.note(process)


@pytest.fixture
def address(
    alive: None,
    assessed: Assessment,
    invitation: Invitation,
    unit: ExamUnit,
    school: School,
    docent: User,
    committee_member: User,
    settings: Any,
) -> Callable[[str], str]:
    """Return the URL of a name for an assessment that is ASSESSED (FINAL for a document)."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    core_task = unit.core_tasks.get()
    School.objects.filter(pk=school.pk).update(keeps_identity_providers=True, docents_see_team_only=True)
    provider = make_provider(school, issuer="http://127.0.0.1:9")  # nothing answers there
    scim_key = school.scim_keys.create(name="Directory", token_sha256="0" * 64)
    partner = Partner.objects.create(school=school, name="Toetsplanning")
    receiver = Receiver.objects.create(
        partner=partner, base_url="http://127.0.0.1:9", token_url="http://127.0.0.1:9/token"
    )
    webhook = Webhook.objects.create(school=school, name="Rooster", url="http://127.0.0.1:9")
    values = {
        "slug": provider.slug,
        "provider_id": provider.public_id,
        "exam_id": unit.exam_version.exam_id,
        "unit_id": unit.pk,
        "work_process_id": core_task.work_processes.all()[0].pk,
        "contact_id": invitation.contact_id,
        "token": links.token_for(invitation=invitation),
        "key": links.Batch({invitation.pk: invitation.generation}).key,
        "attachment_id": invitation.attachments.create(
            filename="toelichting.png", content_type="image/png", file=given_logo(school)
        ).pk,
        "session_id": session_of(docent).public_id,
        "school_id": school.pk,
        "logo_id": given_logo(school).pk,
        "colour": "1d5fa8",
        "user_id": docent.pk,
        "role": Role.DOCENT.value,
        "office_id": ExamOfficeFactory(school=school).pk,
        "team_id": school.teams.create(name="Leeg").pk,
        "committee_id": school.committees.get(is_default=False).pk,
        "membership_id": assessed.student_id,
        "version_id": unit.exam_version_id,
        "number": 1,
        "key_id": scim_key.pk,
        "partner_id": partner.pk,
        "partner_key_id": make_key(partner=partner, by=docent)[0].pk,
        "webhook_id": webhook.pk,
        **dict.fromkeys(("component_id", "offering_id", "association_id", "document_id"), str(assessed.public_id)),
        "name": "User",
        "path": "Me",
    }

    def asked_own_data() -> Any:
        asked, _ = data_requests.request_file(student=assessed.student, by=docent)
        DataRequest.objects.run(asked.pk)
        return asked

    def final_document() -> Any:
        document = assessed.documents.first()
        if document is None:
            document = finalise(assessment=assessed, by=committee_member, exam_office_email="bureau@hier.test")
            Document.objects.run(document.pk)
        values["code"] = document.code
        return document

    # The object of a URL's public id, by the URL's prefix; the default is the assessment.
    whose: dict[str, Callable[[], Any]] = {
        "beoordelen/u/": lambda: invitation,
        "uitnodigingen/": lambda: invitation,
        "beoordelingen/<uuid:public_id>/zitting/": lambda: make_sitting(assessed).participations.get().assessment,
        "voorstellen/": lambda: invitation.proposals.create(
            first_name="Greet", last_name="Nieuw", email="greet@bedrijf.test"
        ),
        "beheer/examens/": lambda: Upload.objects.create(
            by=docent, filename="examen.yaml", content=example_source().encode()
        ),
        "beheer/scholen/<int:school_id>/schoolaccounts/": lambda: provider,
        "school/<int:school_id>/schoolaccounts/": lambda: provider,
        "beheer/scholen/": lambda: ask(school, docent, Role.SCHOOLBEHEER),
        "adresboek/importeren/": lambda: prepare(
            Import, school=school, by=docent, file=csv_file(ANOUK), filename="lijst.csv"
        ),
        "commissie/afronden/<uuid": lambda: batch_of(assessed, by=committee_member),
        "commissie/exportprofielen/": lambda: ExportProfileFactory(school=school),
        "commissie/exports/": lambda: ExportFactory(school=school, exam=unit.exam_version.exam, by=committee_member),
        "documenten/": final_document,
        "profiel/gegevens/": asked_own_data,
        "school/<int:school_id>/importeren/": lambda: list_of_people(school),
        "school/<int:school_id>/koppeling/": lambda: school.directory_groups.create(display_name="Docenten"),
        "scim/v2/<int:school_id>/Users": lambda: school.directory_users.create(key=scim_key, user_name="noa"),
        "scim/v2/<int:school_id>/Groups": lambda: school.directory_groups.create(display_name="Docenten"),
        "school/<int:school_id>/bewaren/datums/": lambda: list_of_dates(school),
        "school/<int:school_id>/systemen/": lambda: Delivery.objects.create(
            receiver=receiver, sitting=make_sitting(assessed)
        ),
        "school/<int:school_id>/webhooks/": lambda: webhook.messages.create(event=assessed.events.all()[0]),
        "school/": lambda: ask(school, docent),
    }

    def find(name: str) -> str:
        route, parameters = URLS[name]
        if name in ACCOUNT_LINKS:
            return reverse(name, args=[ACCOUNT_LINKS[name](school, docent)])
        if name in ALLAUTH_LINKS:
            return ALLAUTH_LINKS[name](docent)
        if name == "assessments:no_reminders":
            return reverse(name, args=[unsubscribe.stop_token(invitation)])
        if name in FOR_FINAL and not route.startswith("documenten/"):
            final_document()
        if route.startswith("commissie/exports/gewijzigd/"):
            whose["commissie/exports/"]()
        made = [make for start, make in whose.items() if route.startswith(start) and "public_id" in parameters]
        of = made[0]() if made else assessed
        return reverse(name, kwargs={p: {**values, "public_id": of.public_id}[p] for p in parameters})

    return find


def passkey_of(user: User) -> Authenticator:
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Telefoon", "credential": {}})


def batch_of(assessment: Assessment, *, by: User) -> FinalBatch:
    batch: FinalBatch = FinalBatchFactory(school=assessment.school, by=by)
    batch.items.create(assessment=assessment, version=assessment.version, proposing=False)
    return batch


def session_of(user: User) -> Session:
    client = Client()
    client.force_login(user)
    return Session.objects.filter(user=user).latest("pk")


def list_of_dates(school: School) -> DatesImport:
    manager = school.memberships.get(role=Role.SCHOOLBEHEER).user
    file = csv_file(["123456", "10-07-2026"], header=["Studentnummer", "Diplomadatum"])
    return prepare(DatesImport, school=school, by=manager, file=file, filename="datums.csv")


def list_of_people(school: School) -> PeopleImport:
    header, row = ["Voornaam", "Achternaam", "E-mailadres", "Rol"], ["Noa", "Wit", "noa@hier.test", "Student"]
    manager = school.memberships.get(role=Role.SCHOOLBEHEER).user
    file = csv_file(row, header=header)
    return prepare(PeopleImport, school=school, by=manager, file=file, filename="lijst.csv")


def outcome(response: Any) -> str:
    if response.status_code in (301, 302):
        return "login" if response["Location"].startswith(f"{settings.LOGIN_URL}?") else "go"
    return {200: "ok", 404: "none"}.get(response.status_code, "bad" if response.status_code < 500 else "broken")


@contextmanager
def undone() -> Iterator[None]:
    """Roll back the block's changes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def client_of(people: dict[str, User | None]) -> Callable[[str], Client]:
    """Return `client_of(role)`, which returns a new client logged in with that role."""
    cookies = {}
    for role, user in people.items():
        client = Client()
        if user:
            client.force_login(user)
        cookies[role] = client.cookies.output(header="")

    def client_of(role: str) -> Client:
        client = Client()
        client.cookies.load(cookies[role])
        return client

    return client_of


@pytest.mark.parametrize("namespace", sorted({name.partition(":")[0] for name, _, _ in rows()}))
def test_url_with_every_role(
    namespace: str,
    client_of: Callable[[str], Client],
    address: Callable[[str], str],
    invitation: Invitation,
    school: School,
    docent: User,
) -> None:
    answers = {}
    of_namespace = [(name, method, expected) for name, method, expected in rows() if name.split(":")[0] == namespace]
    for name, method, expected in of_namespace:
        with undone():
            path, data = address(name), posted(name, invitation, school, docent)
            outcomes = {}
            for role in expected:
                client = client_of(role)
                with undone():
                    response = getattr(client, method.lower())(path, data)
                    outcomes[role] = outcome(response)
                    assert name in FOR_EVERYONE or "no-store" in response["Cache-Control"], (name, role)
        answers[name, method] = outcomes
    assert answers == {(name, method): expected for name, method, expected in of_namespace}


def posted(name: str, invitation: Invitation, school: School, docent: User) -> dict[str, Any]:
    """Return form data with every field that any of the URLs requires."""
    assessment = invitation.assessment
    data = {
        "examinator": invitation.contact_id,
        "version": assessment.version,
        f"versie-{assessment.pk}": assessment.version,
        "beoordeling": assessment.public_id,
        "rol": Role.EXAMENCOMMISSIE.value,
        "role": Role.DOCENT.value,
    }
    if name in ("assessments:record", "committee:record"):
        data |= {"attendance": "present", "version": 0}
    if name == "committee:tell_again":
        data["mail"] = OutgoingMail.objects.get(kind="final_student").pk
    return data


def test_get_of_a_form_url_leads_to_a_page(people: dict[str, User | None], address: Callable[[str], str]) -> None:
    opened = {name for name, method, _ in rows() if method == "GET"}
    for name, _, expected in rows():
        if name in opened:
            continue
        client = Client()
        if user := people[next(role for role, outcome in expected.items() if outcome in ("go", "ok", "bad"))]:
            client.force_login(user)
        with undone():
            page = client.get(address(name), follow=True)
            assert page.content
            assert page.status_code in (200, 403), (name, page.redirect_chain)  # 403: requires the examiner's cookie


@pytest.mark.parametrize("page", ["index", "accounts_school_changelist", "exams_exam_changelist"])
def test_the_admin_is_for_consortium_staff_alone(page: str, people: dict[str, User | None]) -> None:
    logins = (reverse("staff_login"), f"{settings.LOGIN_URL}?")
    answers = {}
    for role, user in people.items():
        client = Client()
        if user:
            client.force_login(user)
        response = client.get(reverse(f"admin:{page}"))
        asks_to_log_in = response.get("Location", "").startswith(logins)
        answers[role] = response.status_code in (200, 302) and not asks_to_log_in
    assert [role for role, open_to in answers.items() if open_to] == ["staff"]


def test_the_admin_shows_no_results() -> None:
    assert not {model for model in admin.site._registry if model._meta.app_label == "assessments"}
