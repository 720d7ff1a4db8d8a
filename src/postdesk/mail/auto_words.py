"""Subjects by which programs give themselves away, in the languages their makers ship."""

from __future__ import annotations

import re

#: Automatic answers: absence notices and confirmations of receipt.
OUT_OF_OFFICE = re.compile(
    r"\s*+(?:(?:re|aw|sv|antw|fwd?)\s*+:\s*+)*+\[?\s*+(?:"
    r"auto(?:matic|mated|matisk|mática|matica|matique|matisch)?[ -]?(?:reply|response|answer|respon[sd]er)\b|"
    r"auto(?:-|: )?(?:re(?:ply)?)\b\s*:|autoreply\b|"
    r"out[ -]of[ -](?:the[ -])?office\b|ooo\b\s*[:\-]|i am out of (?:the )?office|away from (?:my|the) (?:office|"
    r"mail|desk)|vacation (?:reply|notice|message|response)|on vacation\b|"
    r"automatische antwort|abwesenheits(?:notiz|meldung|nachricht|agent|assistent)|abwesenheit\b|abwesend\b|"
    r"nicht im (?:haus|büro)|urlaubs(?:vertretung|benachrichtigung)|eingangsbestätigung|"
    r"réponse automatique|reponse automatique|absence du bureau|absent du bureau|message d'absence|absence\s*:|"
    r"respuesta autom[áa]tica|fuera de (?:la )?oficina|ausencia de|contestador autom[áa]tico|"
    r"risposta automatica|fuori (?:sede|ufficio)|assente dall'ufficio|"
    r"automatisch antwoord|afwezig|niet aanwezig|afwezigheidsbericht|"
    r"resposta autom[áa]tica|fora do escrit[óo]rio|ausência tempor[áa]ria|"
    r"autosvar|automatiskt? svar|automatisk svar|frånvaro|fraværsmelding|fravær|ikke til stede|ikke på kontoret|"
    r"automaattinen vastaus|poissa toimistosta|poissaoloviesti|"
    r"odpowied[źz] automatyczna|automatyczna odpowied[źz]|nieobecno[śs][ćc]|poza biurem|"
    r"automatick[áa] odpov[ěe][ďd]|mimo kancel[áa][řr]|automatikus v[áa]lasz|házon k[íi]v[üu]l|r[ăa]spuns automat|"
    r"автоматический ответ|автоответ|вне офиса|отсутствую|автоматична відповідь|автоматичен отговор|"
    r"otomatik (?:yan[ıi]t|cevap)|ofis d[ıi][şs][ıi]nda|αυτόματη απάντηση|εκτός γραφείου|"
    r"auto-?réponse|je suis absente?\b|resposta automàtica|automatický odgovor|automatski odgovor|samodejni odgovor|"
    r"automaatvastus|automātisk[āa] atbilde|automatinis atsakymas|аутоматски одговор|автоматичний відгук|нет на "
    r"месте|"
    r"trả lời tự động|balasan otomatis|ตอบกลับอัตโนมัติ|מענה אוטומטי|الرد التلقائي|自动答复|自動答覆|自動回信|"
    r"不在連絡|"
    r"自动回复|自動回覆|自動回應|自動応答|自動返信|不在通知|不在のお知らせ|자동 ?(?:회신|응답)|"
    r"부재 ?중|תשובה אוטומטית|رد تلقائي)",
    re.IGNORECASE,
)
#: An answer or a forwarding by a person: never itself a report.
RE = re.compile(
    r"\s*(?:re|aw|sv|antw|odp|fwd?|wg|tr|rv|vs|vb|i|enc|回复|答复|转发|返信)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
#: Programs that hold a mail back until its sender has proved to be a person.
CHALLENGE = re.compile(
    r"\s*(?:re\s*:\s*)?(?:\[?(?:please )?(?:confirm|verify)(?: that)? (?:you sent|your (?:message|mail|"
    r"e-?mail to|delivery)|"
    r"delivery)|confirm(?:ation)? (?:request|required) (?:for|to) your (?:message|mail|e-?mail)|"
    r"your (?:message|mail|e-?mail) (?:to .{1,80} )?(?:requires (?:confirmation|verification)|is (?:being held|"
    r"awaiting "
    r"verification|waiting for))|sender (?:verification|confirmation)|(?:message|mail) verification|"
    r"confirma[çc][ãa]o de (?:mensagem|e-?mail)|.{0,200}\(action required\)\s*\Z)",
    re.IGNORECASE,
)
#: Receipts written for people: the subject, and what the words must say.
RECEIPT_SUBJECT = re.compile(
    r"\s*(?:(?:not )?read|(?:un)?gelesen|(?:non )?lu|leídos?|letto|lid[ao]|gelezen|läst|læst|lest|luettu|"
    r"przeczytan[eo]|"
    r"přečteno|prečítané|прочитано|прочтено|okundu|διαβάστηκε|已读|已讀|既読|開封済み|읽음|return receipt|read "
    r"receipt|"
    r"lesebestätigung|accusé de lecture|confirmación de lectura|conferma di lettura|confirmação de leitura|"
    r"leesbevestiging|"
    r"disposition notification|mailquittung|empfangsbestätigung)\s*(?:[:\uff1a(-]|\Z)",
    re.IGNORECASE,
)
RECEIPT_WORDS = re.compile(
    r"(?:was|were|has been|is) (?:read|displayed|opened|received|deleted without being read)\b|return receipt "
    r"for the mail|"
    r"this is a receipt for|(?:wurde|ist) .{0,60}(?:gelesen|angezeigt|empfangen|geöffnet)|a été (?:lu|affiché|"
    r"ouvert|reçu)|"
    r"(?:fue|ha sido|se ha) (?:leíd|mostrad|abiert)|è stat[oa] (?:lett|visualizzat|apert)|foi (?:lid|exibid|abert)|"
    r"(?:is|werd) (?:.{0,40} )?gelezen|(?:har )?(?:blivit )?lästs?\b|blev læst|ble lest|został[ao]? przeczytan|"
    r"byla? přečten|"
    r"было прочитано|прочитано|okundu|已(?:于.{0,40})?(?:阅读|读取)|開封されました|읽었습니다",
    re.IGNORECASE,
)
#: Subjects of delivery reports. People write them too ("my parcel could not be delivered"): they need a second witness.
BOUNCE_WORDS = re.compile(
    r"undeliver(?:able|ed)|non[- ]?(?:remis|delivery|recapitabile|deliverable)|deliver(?:y|"
    r"ies)?\W+(?:\w+\W+)?(?:fail|error|"
    r"problem|unsuccessful|status|notification|report|warning|delay|temporar)|"
    r"(?:mail|message).{0,20}(?:fail|error|returned|warning|not delivered)|fail(?:ed|ure).{0,12}(?:mail|deliver|"
    r"notice|message)|return(?:ed|ing)?.{0,12}(?:mail|message|sender)|"
    r"(?:could|can|was)(?: ?not|n't) (?:be )?(?:\w+ )?(?:deliver|sent|send)|unable to deliver|user unknown|"
    r"unknown user|no such user|mailbox.{0,12}full|quota exceeded|message delayed|delayed mail|"
    r"unzustellbar|nicht zustellbar|zustell\w* .{0,20}(?:fehl|nicht)|mail-?zustellung|nachricht (?:nicht|"
    r"konnte nicht)|échec de|courrier non|impossible de remettre|"
    r"no se (?:puede|ha podido) entregar|no entregado|devuelt[oa]|mancata consegna|non consegnato|não entregue|"
    r"falha na entrega|devolvido|onbestelbaar|niet bezorgd|"
    r"недоставлен|не доставлено|не удалось доставить|не может быть доставлено|kan ikke levere|niedostarczon|doručen|"
    r"sikertelen|投递失败|退信|配信不能|배달 ?(?:실패|되지)",
    re.IGNORECASE,
)
#: One of these stands in every subject that BOUNCE_WORDS finds.
BOUNCE_ROOTS = (
    "deliver",
    "fail",
    "return",
    "unknown",
    "mailbox",
    "quota",
    "no such",
    "delay",
    "mail",
    "message",
    "n't ",
    "not ",
    "zustell",
    "nachricht",
    "remis",
    "recapitabile",
    "échec",
    "courrier",
    "remettre",
    "entreg",
    "devuelt",
    "devolvid",
    "consegn",
    "bestelbaar",
    "bezorgd",
    "достав",
    "levere",
    "niedostarczon",
    "doručen",
    "sikertelen",
    "失败",
    "退信",
    "不能",
    "배달",
)
DELAY_SUBJECT = re.compile(
    r"\bdelay(?:ed)?\b|temporarily|\bwarning\b.{0,30}(?:could not|delay|queue|not (?:yet )?been)|"
    r"still being retried|verzögert|retard[ée]|retrasad|ritard|\(delay\)",
    re.IGNORECASE,
)
