"""Subjects by which programs give themselves away, in the languages their makers ship."""

from __future__ import annotations

import re

#: Automatic answers: absence notices and confirmations of receipt.
OUT_OF_OFFICE = re.compile(
    r"\s*(?:(?:re|aw|sv|antw|fwd?)\s*:\s*)*\[?\s*(?:"
    r"auto(?:matic|mated|matisk|mática|matica|matique|matisch)?[ -]?(?:reply|response|answer|respon[sd]er)\b|auto(?:-|: )?(?:re(?:ply)?)\b\s*:|autoreply\b|"
    r"out[ -]of[ -](?:the[ -])?office\b|ooo\b\s*[:\-]|i am out of (?:the )?office|away from (?:my|the) (?:office|mail|desk)|vacation (?:reply|notice|message|response)|on vacation\b|"
    r"automatische antwort|abwesenheits(?:notiz|meldung|nachricht|agent|assistent)|abwesenheit\b|abwesend\b|nicht im (?:haus|büro)|urlaubs(?:vertretung|benachrichtigung)|eingangsbestätigung|"
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
    r"自动回复|自動回覆|自動回應|自動応答|自動返信|不在通知|不在のお知らせ|자동 ?(?:회신|응답)|부재 ?중|תשובה אוטומטית|رد تلقائي)",
    re.IGNORECASE,
)
#: Delivery reports that carry no report structure.
BOUNCE_SUBJECT = re.compile(
    r"\s*(?:\[?\**\s*)?(?:undeliver(?:able|ed)\b|undelivered mail|non[- ]?(?:remis|recapitabile|deliver(?:y|able))|"
    r"(?:mail|message|e-?mail)?\s*deliver(?:y|ies)?\s*(?:has\s+)?(?:failure|failed|fail\b|error|problem|unsuccessful|status notification|notification|report|problems)|"
    r"(?:mail|message|e-?mail) (?:system )?(?:failure|error|returned|not delivered|could not be delivered|undeliverable|status report)|mail could not be delivered|"
    r"(?:your )?(?:mail|message|e-?mail)s? (?:could|can|was) ?not be(?:en)? deliver|failure (?:notice|delivery)|failed (?:mail|delivery|message)|"
    r"returned (?:mail|e-?mail|message|to sender)|returning (?:mail|message)|unable to deliver|unzustellbar|nicht zustellbar|zustellung .{0,20}fehlgeschlagen|mail-?zustellung|fehler bei der|"
    r"nachricht (?:nicht|konnte nicht)|échec de|non remis|courrier non|impossible de remettre|no se (?:puede|ha podido) entregar|no entregado|devuelto|devuelta|correo devuelto|"
    r"mancata consegna|non consegnato|notifica di (?:mancato|stato)|não entregue|falha na entrega|devolvido|onbestelbaar|niet bezorgd|недоставлен|не доставлено|не удалось доставить|"
    r"oleveringsbart|kan ikke levere|niedostarczon|doručení|sikertelen|投递失败|退信|系统退信|配信不能|배달 ?(?:실패|되지)|delayed mail|warning:? (?:message|could not send)|"
    r"message delayed|delivery (?:is )?delayed|delivery temporarily|(?:[^:]{0,30}: )?user unknown|(?:mailbox|quota) (?:is )?(?:full|exceeded)|no such user|nondeliverable)",
    re.IGNORECASE,
)
DELAY_SUBJECT = re.compile(
    r"\bdelay(?:ed)?\b|temporarily|\bwarning\b.{0,30}(?:could not|delay|queue|not (?:yet )?been)|still being retried|verzögert|retard[ée]|retrasad|ritard|\(delay\)",
    re.IGNORECASE,
)
READ_SUBJECT = re.compile(
    r"\s*(?:read(?:\s*receipt)?\s*:|gelesen\s*:|lu\s*:|leído\s*:|letto\s*:|lido\s*:|gelezen\s*:|read receipt|return receipt|disposition notification|"
    r"lesebestätigung|accusé de (?:lecture|réception)|conferma di lettura|not read\s*:|ungelesen\s*:|прочитано\s*:|läst\s*:|lest\s*:|přečteno\s*:)",
    re.IGNORECASE,
)
DELIVERED_SUBJECT = re.compile(
    r"\s*(?:delivered\s*:|relayed\s*:|zugestellt\s*:|delivery receipt|(?:successful|success).{0,20}deliver|delivery status notification \((?:success|relay))",
    re.IGNORECASE,
)
