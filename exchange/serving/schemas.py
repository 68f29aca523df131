"""What partners send, by the names of the standard; other elements are ignored."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from exchange.mapping import CONSUMER

Text = Annotated[str, StringConstraints(max_length=4000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]
State = Literal["pending", "canceled", "denied", "associated", "queued", "finished"]
Safety = Literal["securedComputer", "fixedLocation", "surveillance"]
Delivery = Literal["distance-learning", "on campus", "online", "hybrid", "situated"]


class Sent(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Identifier(Sent):
    codeType: Text
    code: Text


class LanguageTypedString(Sent):
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
    value: Text


class ConsumerOnOffering(Sent):
    consumerKey: Literal["nl-test-admin"]
    duration: Annotated[str, StringConstraints(max_length=40)] | None = None
    lastPossibleStartDateTime: AwareDatetime | None = None
    startOptions: Literal["individualStart", "triggeredStart"] | None = None
    durationFrom: Literal["startDateTime", "individualStartDateTime", "triggeredStartDateTime"] | None = None
    durationUntil: Literal["testDuration", "endDateTime"] | None = None
    safety: list[Safety] | None = None
    offeringState: Literal["active", "canceled"] | None = None
    locationCode: Text | None = None


class ConsumerOnAssociation(Sent):
    consumerKey: Literal["nl-test-admin"]
    additionalTimeInMin: Annotated[int, Field(ge=0, le=32767)] | None = None
    # The name that the examples of the flows print.
    extraTimeInMin: Annotated[int, Field(ge=0, le=32767)] | None = None
    personalNeeds: Annotated[list[Annotated[str, StringConstraints(max_length=120)]], Field(max_length=40)] | None = (
        None
    )


def only_our_consumers(data: dict[str, Any]) -> dict[str, Any]:
    """Return a body with the consumer of this standard only: others are not for us."""
    if not isinstance(data.get("consumers"), list):
        return data
    ours = [item for item in data["consumers"] if not isinstance(item, dict) or item.get("consumerKey") == CONSUMER]
    return {**data, "consumers": ours}


class Reference(Sent):
    """A component or offering in full, of which the id alone counts."""

    componentId: UUID | None = None
    offeringId: UUID | None = None


class OfferingPatch(Sent):
    offeringType: Literal["component"] | None = None
    consumers: list[ConsumerOnOffering] = []
    name: Annotated[list[LanguageTypedString], Field(min_length=1)] | None = None
    startDateTime: AwareDatetime | None = None
    endDateTime: AwareDatetime | None = None


class Offering(Sent):
    offeringId: UUID | None = None
    primaryCode: Identifier
    offeringType: Literal["component"]
    name: Annotated[list[LanguageTypedString], Field(min_length=1)]
    abbreviation: Name | None = None
    description: Annotated[list[LanguageTypedString], Field(min_length=1)]
    teachingLanguage: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
    modeOfDelivery: list[Delivery] | None = None
    resultExpected: bool
    startDateTime: AwareDatetime
    endDateTime: AwareDatetime
    component: UUID | Reference | None = None
    consumers: list[ConsumerOnOffering] = []

    @property
    def component_id(self) -> UUID | None:
        return self.component.componentId if isinstance(self.component, Reference) else self.component

    @property
    def consumer(self) -> ConsumerOnOffering | None:
        return self.consumers[0] if self.consumers else None


class Person(Sent):
    personId: UUID
    primaryCode: Identifier
    givenName: Name
    surnamePrefix: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    surname: Name
    # Required by the OpenAPI file, 'not mandatory' by the flows.
    mail: Text | None = None
    languageOfChoice: list[Text] = []
    otherCodes: list[Identifier] = []

    def code(self, kind: str) -> str:
        """Return the person's code of a type, '' without it."""
        codes = [self.primaryCode, *self.otherCodes]
        return next((found.code.strip() for found in codes if found.codeType == kind), "")


class AssociationPatch(Sent):
    associationType: Literal["componentOfferingAssociation"] | None = None
    state: State | None = None
    consumers: list[ConsumerOnAssociation] = []


class Association(Sent):
    # Required by the OpenAPI file, left out in the examples of the flows: the address has it.
    associationId: UUID | None = None
    associationType: Literal["componentOfferingAssociation"]
    role: Literal["student", "lecturer", "teaching assistant", "coordinator", "guest", "invigilator", "assessor"]
    state: State
    person: UUID | Person
    offering: UUID | Reference
    consumers: list[ConsumerOnAssociation] = []

    @property
    def offering_id(self) -> UUID | None:
        return self.offering.offeringId if isinstance(self.offering, Reference) else self.offering


def extra_minutes(consumer: ConsumerOnAssociation) -> int | None:
    return consumer.additionalTimeInMin if consumer.additionalTimeInMin is not None else consumer.extraTimeInMin
