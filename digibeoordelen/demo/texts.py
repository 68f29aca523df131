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
            "Hield zich aan het protocol en meldde zelf dat een handschoen ontbrak.",
            "Was op tijd en sprak mevrouw aan op een manier die zij prettig vindt.",
            "Vroeg door waar iets onduidelijk was en gaf dat door bij de overdracht.",
        ),
        "G": (
            "Zag dat meneer pijn had voordat hij het zei en paste de volgorde van de zorg daarop aan.",
            "Stelde uit zichzelf een hulpmiddel voor, waardoor mevrouw weer zelf kan opstaan.",
            "Nam na de dienst contact op met de familie en legde de afspraken vast in het zorgplan.",
            "Herkende onrust bij een bewoner en voorkwam in dezelfde dienst dat die terugkwam.",
            "Gaf een stagiair uitleg bij de transfer en liet daarna ruimte om het zelf te doen.",
            "Stelde met een goede reden voor om het zorgplan aan te passen; het team nam dat over.",
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
            "Stapelde volgens het schema en gebruikte de juiste hulpmiddelen.",
            "Meldde zich op tijd en hield zich aan de looproutes.",
            "Vulde de lijst volledig in en liet die nakijken.",
        ),
        "G": (
            "Zag zelf dat de pakbon niet klopte, belde de leverancier en legde de afspraak vast.",
            "Stelde een andere looproute voor; die gebruikt de hele ploeg nu.",
            "Legde een nieuwe collega uit hoe de stelling veilig wordt geladen.",
            "Plande de volgorde van de orders zo dat er geen dubbele ritten waren.",
            "Sprak een collega aan op een open vluchtdeur en sloot die zelf.",
            "Zag een telfout in het systeem en zocht uit waar die vandaan kwam.",
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
            "Beveiligde het bestand zoals afgesproken en lichtte dat toe.",
            "Koos een passend programma en kon zeggen waarom.",
            "Verwerkte de opmerkingen van de groep in de tweede versie.",
        ),
        "G": (
            "Vergeleek drie bronnen, noemde het verschil en koos met een goede reden.",
            "Maakte een sjabloon dat de hele groep heeft overgenomen.",
            "Legde een medestudent uit hoe je een bestand veilig deelt.",
            "Vond een fout in de cijfers van de opdracht en rekende het opnieuw door.",
            "Maakte de presentatie ook leesbaar voor wie slecht ziet.",
            "Bedacht zelf een controle op dubbele gegevens en legde die vast.",
        ),
    },
}
