"""What the demo's examiners write with their scores, by the code of the exam and the letter."""

JUSTIFICATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "25656": {
        "O": (
            "Sloeg de handhygiëne over voor de wondzorg en deed dat pas nadat ik erop wees.",
            "Besprak de zorg aan het bed terwijl de buurvrouw meeluisterde; privacy vraagt nog aandacht.",
            "De rapportage bevat alleen dat de zorg is gegeven, niet hoe mevrouw reageerde.",
        ),
        "V": (
            "Werkte volgens het zorgplan en overlegde op tijd met de verpleegkundige.",
            "Legde vooraf uit wat er ging gebeuren en vroeg na afloop of alles duidelijk was.",
            "Rustig en netjes gewerkt. De rapportage was kort, maar volledig.",
        ),
        "G": (
            "Zag dat meneer pijn had voordat hij het zei en paste de volgorde van de zorg daarop aan.",
            "Stelde uit zichzelf een hulpmiddel voor, waardoor mevrouw weer zelf kan opstaan.",
            "Nam na de dienst contact op met de familie en legde de afspraken vast in het zorgplan.",
        ),
    },
    "25743": {
        "O": (
            "Zette de pallet in het looppad en droeg geen veiligheidsschoenen bij het laden.",
            "Telde de levering niet na; drie dozen ontbraken en dat is niet gemeld.",
            "Kwam na de pauze te laat terug en meldde zich niet af bij de ploegleider.",
        ),
        "V": (
            "Controleerde de levering met de pakbon en meldde één beschadigde doos.",
            "Werkte in een rustig tempo en vroeg om hulp toen de scanner niet reageerde.",
            "Hield de werkplek schoon en volgde de instructie van de ploegleider.",
        ),
        "G": (
            "Zag zelf dat de pakbon niet klopte, belde de leverancier en legde de afspraak vast.",
            "Stelde een andere looproute voor; die gebruikt de hele ploeg nu.",
            "Legde een nieuwe collega uit hoe de stelling veilig wordt geladen.",
        ),
    },
    "K0023": {
        "O": (
            "Nam cijfers over zonder bron en kon niet zeggen waar ze vandaan kwamen.",
            "Deelde het document met iedereen die de link heeft, met persoonsgegevens erin.",
        ),
        "V": (
            "Vond bruikbare bronnen en schreef bij elke bron op waarom die te vertrouwen is.",
            "De presentatie is duidelijk; de verwijzingen kloppen.",
            "Werkte met een gedeeld document en hield de versies uit elkaar.",
        ),
        "G": (
            "Vergeleek drie bronnen, noemde het verschil en koos met een goede reden.",
            "Maakte een sjabloon dat de hele groep heeft overgenomen.",
            "Legde een medestudent uit hoe je een bestand veilig deelt.",
        ),
    },
}
