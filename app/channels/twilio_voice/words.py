"""What callers and colleagues hear where an inbox has no words of its own, in each language that it can speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal[
    "en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "es-MX", "it-IT", "nl-NL", "pt-PT", "pt-BR", "pl-PL", "sv-SE"
]

NAMES = {
    "en-US": "English (USA)",
    "en-GB": "English (Britain)",
    "de-DE": "Deutsch",
    "fr-FR": "Français",
    "es-ES": "Español (España)",
    "es-MX": "Español (México)",
    "it-IT": "Italiano",
    "nl-NL": "Nederlands",
    "pt-PT": "Português (Portugal)",
    "pt-BR": "Português (Brasil)",
    "pl-PL": "Polski",
    "sv-SE": "Svenska",
}


@dataclass(frozen=True)
class Words:
    """`{who}` is whom the call is with, `{inbox}` the inbox's name."""

    greeting: str
    leave_a_message: str
    nobody: str
    thanks: str
    recorded: str
    take: str
    take_unknown: str
    call: str
    no_answer: str
    busy: str
    failed: str


WORDS = {
    "en": Words(
        greeting="Hello, and welcome to {inbox}. One moment, please.",
        leave_a_message="Nobody can take your call right now. Please leave a message after the tone.",
        nobody="Nobody can take your call right now. Please call again later. Goodbye.",
        thanks="Thank you, we have your message. Goodbye.",
        recorded="This call is recorded.",
        take="{who} calls {inbox}. Press 1 to take the call.",
        take_unknown="A call for {inbox}. Press 1 to take it.",
        call="Press 1 to call {who}.",
        no_answer="{who} did not answer.",
        busy="{who} is on another call.",
        failed="{who} could not be reached.",
    ),
    "de": Words(
        greeting="Guten Tag und willkommen bei {inbox}. Einen Augenblick bitte.",
        leave_a_message="Gerade kann niemand Ihren Anruf annehmen. Bitte sprechen Sie nach dem Ton.",
        nobody="Gerade kann niemand Ihren Anruf annehmen. Bitte rufen Sie später wieder an. Auf Wiederhören.",
        thanks="Vielen Dank, wir haben Ihre Nachricht. Auf Wiederhören.",
        recorded="Dieses Gespräch wird aufgezeichnet.",
        take="{who} ruft an, für {inbox}. Drücken Sie die 1, um anzunehmen.",
        take_unknown="Ein Anruf für {inbox}. Drücken Sie die 1, um anzunehmen.",
        call="Drücken Sie die 1, um {who} anzurufen.",
        no_answer="{who} ist nicht ans Telefon gegangen.",
        busy="Bei {who} ist besetzt.",
        failed="{who} war nicht zu erreichen.",
    ),
    "fr": Words(
        greeting="Bonjour et bienvenue chez {inbox}. Un instant, s’il vous plaît.",
        leave_a_message="Personne ne peut prendre votre appel. Laissez un message après le signal.",
        nobody="Personne ne peut prendre votre appel. Rappelez plus tard, s’il vous plaît. Au revoir.",
        thanks="Merci, nous avons bien votre message. Au revoir.",
        recorded="Cet appel est enregistré.",
        take="{who} appelle {inbox}. Appuyez sur 1 pour prendre l’appel.",
        take_unknown="Un appel pour {inbox}. Appuyez sur 1 pour le prendre.",
        call="Appuyez sur 1 pour appeler {who}.",
        no_answer="{who} n’a pas répondu.",
        busy="La ligne de {who} est occupée.",
        failed="{who} n’a pas pu être joint.",
    ),
    "es": Words(
        greeting="Hola, le damos la bienvenida a {inbox}. Un momento, por favor.",
        leave_a_message="Nadie puede atender su llamada ahora. Deje un mensaje después de la señal.",
        nobody="Nadie puede atender su llamada ahora. Llame más tarde, por favor. Adiós.",
        thanks="Gracias, tenemos su mensaje. Adiós.",
        recorded="Esta llamada se graba.",
        take="{who} llama a {inbox}. Pulse 1 para atender.",
        take_unknown="Una llamada para {inbox}. Pulse 1 para atender.",
        call="Pulse 1 para llamar a {who}.",
        no_answer="{who} no ha contestado.",
        busy="La línea de {who} está ocupada.",
        failed="No se ha podido llamar a {who}.",
    ),
    "it": Words(
        greeting="Buongiorno, benvenuti da {inbox}. Un momento, per favore.",
        leave_a_message="Nessuno può rispondere ora. Lasciate un messaggio dopo il segnale.",
        nobody="Nessuno può rispondere ora. Richiamate più tardi, per favore. Arrivederci.",
        thanks="Grazie, abbiamo il vostro messaggio. Arrivederci.",
        recorded="Questa chiamata viene registrata.",
        take="{who} chiama {inbox}. Premere 1 per rispondere.",
        take_unknown="Una chiamata per {inbox}. Premere 1 per rispondere.",
        call="Premere 1 per chiamare {who}.",
        no_answer="{who} non ha risposto.",
        busy="La linea di {who} è occupata.",
        failed="Non è stato possibile raggiungere {who}.",
    ),
    "nl": Words(
        greeting="Goedendag en welkom bij {inbox}. Een ogenblik alstublieft.",
        leave_a_message="Niemand kan nu opnemen. Spreek na de toon een bericht in.",
        nobody="Niemand kan nu opnemen. Bel later terug alstublieft. Tot ziens.",
        thanks="Dank u, we hebben uw bericht. Tot ziens.",
        recorded="Dit gesprek wordt opgenomen.",
        take="{who} belt {inbox}. Toets 1 om op te nemen.",
        take_unknown="Een gesprek voor {inbox}. Toets 1 om op te nemen.",
        call="Toets 1 om {who} te bellen.",
        no_answer="{who} heeft niet opgenomen.",
        busy="{who} is in gesprek.",
        failed="{who} was niet te bereiken.",
    ),
    "pt": Words(
        greeting="Olá, bem-vindo à {inbox}. Um momento, por favor.",
        leave_a_message="Ninguém pode atender agora. Deixe uma mensagem depois do sinal.",
        nobody="Ninguém pode atender agora. Ligue mais tarde, por favor. Adeus.",
        thanks="Obrigado, temos a sua mensagem. Adeus.",
        recorded="Esta chamada é gravada.",
        take="{who} liga para {inbox}. Prima 1 para atender.",
        take_unknown="Uma chamada para {inbox}. Prima 1 para atender.",
        call="Prima 1 para ligar a {who}.",
        no_answer="{who} não atendeu.",
        busy="A linha de {who} está ocupada.",
        failed="Não foi possível ligar a {who}.",
    ),
    "pl": Words(
        greeting="Dzień dobry, witamy w {inbox}. Proszę chwilę poczekać.",
        leave_a_message="Nikt nie może teraz odebrać. Proszę zostawić wiadomość po sygnale.",
        nobody="Nikt nie może teraz odebrać. Proszę zadzwonić później. Do usłyszenia.",
        thanks="Dziękujemy, mamy Twoją wiadomość. Do usłyszenia.",
        recorded="Ta rozmowa jest nagrywana.",
        take="{who} dzwoni do {inbox}. Naciśnij 1, aby odebrać.",
        take_unknown="Połączenie do {inbox}. Naciśnij 1, aby odebrać.",
        call="Naciśnij 1, aby zadzwonić do {who}.",
        no_answer="{who} nie odbiera.",
        busy="Linia {who} jest zajęta.",
        failed="Nie udało się połączyć z {who}.",
    ),
    "sv": Words(
        greeting="Hej och välkommen till {inbox}. Ett ögonblick.",
        leave_a_message="Ingen kan ta ditt samtal just nu. Lämna ett meddelande efter tonen.",
        nobody="Ingen kan ta ditt samtal just nu. Ring gärna igen senare. Hej då.",
        thanks="Tack, vi har ditt meddelande. Hej då.",
        recorded="Det här samtalet spelas in.",
        take="{who} ringer {inbox}. Tryck 1 för att svara.",
        take_unknown="Ett samtal till {inbox}. Tryck 1 för att svara.",
        call="Tryck 1 för att ringa {who}.",
        no_answer="{who} svarade inte.",
        busy="{who} pratar i telefon.",
        failed="{who} kunde inte nås.",
    ),
}


def words_in(language: str) -> Words:
    return WORDS.get(language.partition("-")[0], WORDS["en"])
