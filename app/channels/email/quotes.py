"""Finds what a mail's text says anew: without the mail it answers, and without the signature."""

from __future__ import annotations

import re

LONGEST_LINE = 1_000
MOST_LINES = 20_000
MOST_TRIES = 200

# "On Tuesday, Dana wrote:" in the languages of the common mail programs. Each is asked of lines joined into one.
_WROTE = (
    r"on\b.{4,300}\bwrote",
    r"(?:am|den|vom)\b.{4,300}\b(?:schrieb|geschrieben)\b.{0,200}",
    r"le\b.{4,300}\ba écrit",
    r"el\b.{4,300}\b(?:escribió|ha escrito)\b.{0,200}",
    r"il\b.{4,300}\bha scritto",
    r"(?:em|a)\b.{4,300}\bescreveu\b.{0,200}",
    r"op\b.{4,300}\b(?:schreef|geschreven)\b.{0,200}",
    r"(?:den|på)\b.{4,300}\b(?:skrev|skrifade)\b.{0,200}",
    r"(?:w dniu|dnia|dn\.)\b.{4,300}\bnapisał(?:\(a\)|a)?\b.{0,100}",
    r".{4,300}\b(?:писал|пише|написал|пишет|написала|написав)(?:\(а\))?",
    r".{4,300}\btarihinde\b.{0,200}\byazdı",
    r"dne\b.{4,300}\bnapsal(?:\(a\)|a)?",
    r".{4,300}\bkirjoitti",
    r".{4,300}\bírta\b.{0,100}",
    r"(?:στις|την)\b.{4,300}\bέγραψε.{0,100}",
    r".{4,300}(?:写道|寫道|のメール|が書きました|님이 작성)",
    r".{4,300}(?:\bكتب\b|‫כתב|\bכתב/ה|\bכתב).{0,200}",
)
_ATTRIBUTION = re.compile(rf"(?:{'|'.join(_WROTE)})\s?[:：]?\s*", re.IGNORECASE)
_ASKED_FOR = re.compile(r"[:：]\s*$")
_SEPARATOR = re.compile(
    r"[-_ ]{3,}\s*(?:original(?:e)? message|original appointment|ursprüngliche nachricht|message d'origine|message original"
    r"|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|originalmeddelande"
    r"|opprinnelig melding|oprindelig meddelelse|wiadomość oryginalna|исходное сообщение|původní zpráva"
    r"|原始邮件|原始郵件|元のメッセージ|원본 메시지|הודעה מקורית)\s*[-_ ]{3,}",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\*?(?:from|sent|to|subject|date|cc|von|gesendet|an|betreff|datum|de|envoyé|à|objet|date|enviado|para|asunto|fecha"
    r"|da|inviato|a|oggetto|data|assunto|van|verzonden|aan|onderwerp|från|skickat|till|ämne|fra|sendt|til|emne"
    r"|od|wysłano|do|temat|от|отправлено|кому|тема|дата|发件人|发送时间|收件人|主题|寄件者|收件者|主旨|日期"
    r"|差出人|送信日時|宛先|件名|보낸 사람|받는 사람|제목|날짜)\s?\*?\s?[:：]\*?\s*\S.*",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\*?(?:from|von|de|da|van|från|fra|od|от|发件人|寄件者|差出人|보낸 사람)\s?\*?\s?[:：]\*?\s*\S.*", re.IGNORECASE
)
_RULE = re.compile(r"[_\-—=]{5,}\s*")
_SENT_FROM = re.compile(
    r"(?:sent from (?:my|outlook|mail|yahoo|proton|samsung)|get outlook for|von meinem .{1,40} gesendet"
    r"|gesendet (?:mit|von) |envoyé (?:de mon|depuis)|enviado (?:desde|do) mi?|inviato da|verzonden vanaf|skickat från"
    r"|sendt fra|wysłano z|отправлено с|iphone から|iphoneから|发自我的|從我的).{0,80}",
    re.IGNORECASE,
)


def without_quotes(text: str) -> str:
    """What is new in `text`. All of it where that would leave nothing, as in a mail that is only forwarded.

    Answers between the quoted lines are kept with what they answer.
    """
    lines = [line[:LONGEST_LINE] if len(line) > LONGEST_LINE else line for line in text.split("\n", MOST_LINES)]
    kept = _without_signature(lines[: _end(lines)])
    kept = _without_first_quote(kept)
    said = "\n".join(kept).strip()
    if not said:
        said = "\n".join(_without_signature(lines)).strip()
    return said if any(len(line) <= LONGEST_LINE for line in lines) or said else text


def _end(lines: list[str]) -> int:
    """The line with which the answered mail begins, or the count of lines."""
    last_said = _last_said(lines)
    tries = MOST_TRIES
    for at, line in enumerate(lines):
        bare = line.strip()
        if not bare:
            continue
        if _SEPARATOR.fullmatch(bare) or (_FROM.fullmatch(bare) and _is_header_block(lines, at)):
            return _before_rule(lines, at)
        if bare.startswith(">"):
            if last_said < at:
                return at
        elif tries and any(_ASKED_FOR.search(each[-5:]) for each in lines[at : at + 3]):
            tries -= 1
            if not (length := _attribution(lines, at)):
                continue
            quote = next((below for below in range(at + length, len(lines)) if lines[below].strip()), len(lines))
            if quote == len(lines) or not lines[quote].strip().startswith(">") or last_said < quote:
                return at
    return len(lines)


def _last_said(lines: list[str]) -> int:
    """The last line that is no quote, and no signature or list's footer below one; -1 when there is none."""
    last, has_quote = -1, False
    for at, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith(">"):
            has_quote = True
        elif has_quote and (bare in ("--", "—") or _RULE.fullmatch(bare)):
            break
        elif bare and not (has_quote and _SENT_FROM.fullmatch(bare)):
            last = at
    return last


def _is_header_block(lines: list[str], at: int) -> bool:
    """Outlook's way: the answered mail's headers as text, of which at least three follow each other."""
    following = [line.strip() for line in lines[at : at + 9]]
    return sum(1 for line in following if _HEADER.fullmatch(line)) >= 3


def _before_rule(lines: list[str], at: int) -> int:
    above = at - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.fullmatch(lines[above].strip()) else at


def _attribution(lines: list[str], at: int) -> int:
    """How many lines from here say who wrote what follows; 0 when they do not."""
    said = ""
    for count in (1, 2, 3):
        if at + count > len(lines) or not lines[at + count - 1].strip():
            return 0
        said = f"{said} {lines[at + count - 1].strip()}".strip()
        if len(said) > 500 or said.startswith(">"):
            return 0
        if _ASKED_FOR.search(said) and any(sign.isdigit() or sign == "@" for sign in said):
            return count if _ATTRIBUTION.fullmatch(said) else 0
    return 0


def _without_first_quote(lines: list[str]) -> list[str]:
    """Below a mail that is quoted whole, and answered once: what is below. Else all lines."""
    at = 0
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at < len(lines) and (length := _attribution(lines, at)):
        at += length
    begun = at
    while at < len(lines) and (not lines[at].strip() or lines[at].strip().startswith(">")):
        at += 1
    rest = lines[at:]
    has_quote = any(line.strip().startswith(">") for line in lines[begun:at])
    return rest if has_quote and not any(line.strip().startswith(">") for line in rest) else lines


def _without_signature(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        # RFC 3676 §4.3; the space at the end is often lost on the way.
        if line.rstrip("\r") in ("-- ", "--") and any(above.strip() for above in lines[:at]):
            lines = lines[:at]
            break
    while lines and (not lines[-1].strip() or _SENT_FROM.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    return lines
