"""What sales teams call things, in the languages they use: headers, the choices of Find, ticks.

All such words stand here. syncd's own sentences are English; what people type need not be. The
config may add words of its own, and those win.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

HEADERS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Prospect ID": {
        "en": ("prospect", "seleqt id"),
        "de": ("interessenten-id", "id des interessenten"),
        "fr": ("id prospect", "id du prospect", "identifiant du prospect"),
        "es": ("id prospecto", "id de prospecto", "id del prospecto"),
        "nl": ("id van prospect",),
    },
    "First name": {
        "en": ("firstname", "given name"),
        "de": ("vorname",),
        "fr": ("prénom",),
        "es": ("nombre", "nombre de pila"),
        "nl": ("voornaam",),
    },
    "Last name": {
        "en": ("lastname", "surname", "family name"),
        "de": ("nachname", "familienname"),
        "fr": ("nom", "nom de famille"),
        "es": ("apellido", "apellidos"),
        "nl": ("achternaam",),
    },
    "Company": {
        "en": ("company name", "organisation", "organization"),
        "de": ("firma", "firmenname", "unternehmen"),
        "fr": ("entreprise", "société", "nom de l'entreprise"),
        "es": ("empresa", "nombre de la empresa"),
        "nl": ("bedrijf", "bedrijfsnaam"),
    },
    "Job title": {
        "en": ("title", "position"),
        "de": ("position", "berufsbezeichnung", "funktion"),
        "fr": ("poste", "fonction", "intitulé du poste"),
        "es": ("cargo", "puesto"),
        "nl": ("functie", "functietitel"),
    },
    "LinkedIn URL": {
        "en": ("linkedin", "linkedin profile"),
        "de": ("linkedin-profil", "linkedin-adresse"),
        "fr": ("url linkedin", "profil linkedin", "lien linkedin"),
        "es": ("url de linkedin", "perfil de linkedin"),
        "nl": ("linkedin-profiel",),
    },
    "Find": {
        "en": ("enrich", "search for"),
        "de": ("suchen", "finden"),
        "fr": ("chercher", "rechercher"),
        "es": ("buscar",),
        "nl": ("zoeken",),
    },
    "Approve": {
        "en": ("approved",),
        "de": ("freigeben", "freigabe", "genehmigen"),
        "fr": ("approuver", "valider"),
        "es": ("aprobar",),
        "nl": ("goedkeuren",),
    },
    "Email": {
        "en": ("e-mail", "email address", "e-mail address"),
        "de": ("e-mail-adresse", "mailadresse"),
        "fr": ("adresse e-mail", "adresse email", "courriel"),
        "es": ("correo", "correo electrónico"),
        "nl": ("e-mailadres", "emailadres"),
    },
    "Phone": {
        "en": ("phone number", "mobile", "telephone"),
        "de": ("telefon", "telefonnummer"),
        "fr": ("téléphone", "numéro de téléphone"),
        "es": ("teléfono", "número de teléfono"),
        "nl": ("telefoon", "telefoonnummer"),
    },
    "Status": {
        "en": (),
        "de": (),
        "fr": ("statut",),
        "es": ("estado",),
        "nl": (),
    },
    "Credits": {
        "en": (),
        "de": (),
        "fr": (),
        "es": ("créditos",),
        "nl": (),
    },
    "Updated": {
        "en": ("last updated",),
        "de": ("aktualisiert", "zuletzt aktualisiert"),
        "fr": ("mis à jour", "mise à jour"),
        "es": ("actualizado", "última actualización"),
        "nl": ("bijgewerkt", "laatst bijgewerkt"),
    },
    "Key": {
        "en": ("syncd key",),
        "de": ("schlüssel", "syncd-schlüssel"),
        "fr": ("clé", "clé syncd"),
        "es": ("clave", "clave syncd"),
        "nl": ("sleutel", "syncd-sleutel"),
    },
    "Lead list": {
        "en": ("list", "seleqt list"),
        "de": ("leadliste", "lead-liste", "liste"),
        "fr": ("liste", "liste de prospects", "liste de leads"),
        "es": ("lista", "lista de prospectos", "lista de leads"),
        "nl": ("lijst", "leadlijst"),
    },
    "Max leads": {
        "en": ("maximum leads",),
        "de": ("höchstens leads", "maximal leads"),
        "fr": ("leads max", "max. prospects"),
        "es": ("máximo de leads",),
        "nl": ("maximaal leads",),
    },
    "Max credits": {
        "en": ("maximum credits",),
        "de": ("höchstens credits", "maximal credits"),
        "fr": ("crédits max", "crédits maximum"),
        "es": ("créditos máx", "máximo de créditos"),
        "nl": ("maximaal credits",),
    },
    "Start": {
        "en": ("go",),
        "de": ("starten",),
        "fr": ("démarrer", "lancer"),
        "es": ("iniciar", "empezar"),
        "nl": ("starten",),
    },
    "Quote": {
        "en": (),
        "de": ("angebot", "kostenvoranschlag"),
        "fr": ("devis",),
        "es": ("presupuesto",),
        "nl": ("offerte",),
    },
    "Spent": {
        "en": (),
        "de": ("ausgegeben", "verbraucht"),
        "fr": ("dépensé",),
        "es": ("gastado",),
        "nl": ("uitgegeven", "verbruikt"),
    },
    "Found": {
        "en": (),
        "de": ("gefunden",),
        "fr": ("trouvé", "trouvés"),
        "es": ("encontrado", "encontrados"),
        "nl": ("gevonden",),
    },
    "Not found": {
        "en": (),
        "de": ("nicht gefunden",),
        "fr": ("non trouvé", "non trouvés"),
        "es": ("no encontrado", "no encontrados"),
        "nl": ("niet gevonden",),
    },
}
"""By column and language. Case, accents, spaces, and points and hyphens do not matter in a header.

Words for a mobile phone are left out, save the English one: lists often have both columns, and two
of them would name Phone twice.
"""

EMAIL = (
    "email",
    "e-mail",
    *("courriel", "correo", "correo electrónico", "mailadresse"),
)
PHONE = ("phone", "telefon", "téléphone", "teléfono", "telefoon")
WATERFALL = ("waterfall", "wasserfall", "cascade", "cascada", "waterval")
AGAIN = (
    *("again", "once more"),
    *("erneut", "nochmal", "nochmals", "noch einmal"),
    *("à nouveau", "de nouveau", "encore", "encore une fois"),
    *("otra vez", "de nuevo", "nuevamente"),
    *("opnieuw", "nog eens", "nogmaals"),
)
AND = ("and", "und", "et", "y", "en")

TICKS = frozenset(
    {
        *("true", "1", "yes", "x", "✓", "✔"),
        *("ja", "wahr", "oui", "vrai", "sí", "si", "verdadero", "waar"),
    }
)
"""What counts as a tick where there is no tick box, in lower case."""


def aliases(name: str) -> tuple[str, ...]:
    """Return what else a column may be called, in all languages."""
    return tuple(dict.fromkeys(word for words in HEADERS[name].values() for word in words))
