"""How mail programs introduce what they quote or forward, in the languages they ship in."""

from __future__ import annotations

import re

#: "On Monday, A wrote:": the verb that ends the line above a quotation. Asked only of lines that end with a colon.
WROTE = (
    "wrote",
    "schrieb",
    "geschrieben",
    "a écrit",
    "a ecrit",
    "escribió",
    "escribio",
    "ha scritto",
    "schreef",
    "escreveu",
    "skrev",
    "kirjoitti",
    "napisał",
    "pisze",
    "napsal",
    "napísal",
    "írta",
    "a scris",
    "piše",
    "написал",
    "пишет",
    "писал",
    "написа",
    "έγραψε",
    "yazdı",
    "写道",
    "寫道",
    "書きました",
    "のメッセージ",
    "님이 작성",
    "작성:",
    "đã viết",
    "menulis",
    " said",
    "writes",
    "كتب",
    "כתב",
    "skrifaði",
    "kirjutas",
    "rašė",
    "rakstīja",
    "@",
    ">:",
)
#: What such a line begins with; it may be wrapped over several lines, of which the first begins so.
INTRO_START = re.compile(
    r"[\s*>_-]*(?:(?:on|am|ma|ti|ke|to|pe|la|su|le|el|il|op|em|den|dne|dnia|w dniu|em|a|på|the|at|in|le|lun|mar|mer|"
    r"jeu|ven|sam|dim|lør|søn|man|tir|ons|tor|fre|mon|tue|wed|thu|fri|sat|sun|"
    r"в|на|пн|вт|ср|чт|пт|сб|вс|στις|在|于|vào|pada)(?=[\s,.])|\d{1,4}[-./年]|\"?[\w'. -]{1,60}<[^>]+@)",
    re.IGNORECASE,
)
DATED = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b|@|\d{1,2}[./-]\d{1,2}[./-]\d\d", re.IGNORECASE)
#: Lines that begin an unmarked copy of the older message. Asked only of lines that begin so.
ORIGINAL = re.compile(
    r"[\s*>_]*-{2,}+\s*(?:original (?:message|mail|appointment)|ursprüngliche (?:nachricht|mail)|originalnachricht|"
    r"original-?nachricht|message d'origine|message original|mensaje original|"
    r"mensagem original|messaggio originale|oorspronkelijk bericht|oprindelig (?:meddelelse|besked|mail)|"
    r"ursprungligt meddelande|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|"
    r"původní zpráva|eredeti üzenet|исходное сообщение|оригинальное сообщение|"
    r"orijinal mesaj|原始邮件|原始郵件|邮件原件|元のメッセージ|"
    r"원본 메시지|reply (?:message|above)|"
    r"reply above this line|please (?:reply|type your reply) above)[^\n]{0,40}",
    re.IGNORECASE,
)
FORWARD = re.compile(
    r"[\s*>_-]*+(?:begin forwarded message|forwarded message|start of forwarded message|"
    r"forwarded by .{0,80}|weitergeleitete (?:nachricht|mail)|anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    r"message transféré|début du message (?:réexpédié|transféré)|mensaje reenviado|inicio del mensaje reenviado|"
    r"mensagem encaminhada|messaggio inoltrato|inizio messaggio inoltrato|"
    r"doorgestuurd bericht|begin doorgestuurd bericht|videresendt (?:besked|melding)|vidarebefordrat (?:meddelande|"
    r"mail)|välitetty viesti|przekazana wiadomość|wiadomość przekazana|"
    r"přeposlaná zpráva|továbbított (?:üzenet|levél)|пересылаемое сообщение|пересланное сообщение|"
    r"переадресованное сообщение|iletilen mesaj|转发的?邮件|轉寄郵件|转发邮件信息|"
    r"転送メッセージ|전달된 메시지)\s*(?:-{2,}|:|\Z)",
    re.IGNORECASE,
)
#: The lines of a copied header block: what they are called. Asked of lines with a colon near their beginning.
FROM_LINE = re.compile(
    r"[\s*>|_]*(?:from|von|de|da|van|fra|från|od|от|lähettäjä|feladó|kimden|"
    r"gönderen|发件人|寄件者|差出人|보낸 ?사람|odesílatel|"
    r"expéditeur|mittente|remitente)\s*\*?\s*[:：]\**\s*(.*)",
    re.IGNORECASE,
)
OTHER_LINE = re.compile(
    r"[\s*>|_]*(?:(sent|date|gesendet|datum|envoyé|envoyé le|date|enviado(?: el)?|fecha|data|inviato|verzonden|"
    r"sendt|skickat|dato|wysłano|odesláno|отправлено|дата|lähetetty|elküldve|"
    r"gönderildi|tarih|发送时间|傳送時間|日期|送信日時|보낸 날짜|날짜)|(to|an|à|para|a|aan|til|"
    r"till|do|komu|кому|vastaanottaja|címzett|"
    r"kime|alıcı|收件人|收件者|宛先|받는 ?사람|cc|kopie|copie à|copie)|"
    r"(subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|předmět|тема|aihe|tárgy|konu|主题|"
    r"主旨|件名|제목)|(reply-to|antwort an|importance|wichtigkeit|attachments?|"
    r"organi[sz]ation))\s*\*?\s*[:：]\**\s*(.*)",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"(?:--|__|_{5,}|-{5,}|\*{5,}|={5,}|~{5,})[ \t\u00a0]*\Z")
#: Advertisements of phones and programs, a line of their own at the end.
DEVICE = re.compile(
    r"[\s*]*(?:(?:sent|gesendet|written) (?:from|via|with|using|mit|von|aus) (?:my |meinem |der |outlook|mailbird|"
    r"gmail|yahoo|proton|the |mobile|samsung|iphone|android|blackberry|web|dem ).{0,60}|"
    r"sent from (?:\w+ ){0,3}(?:for \w+)?.{0,40}|"
    r"von meinem .{1,50} gesendet.{0,20}|diese nachricht wurde von meinem .{1,60}|envoyé (?:de|depuis|"
    r"à partir de) (?:mon|ma|yahoo|outlook).{0,50}|enviado (?:desde|do|de) (?:mi|meu|o|yahoo|outlook).{0,50}|"
    r"inviato da(?:l mio)? .{0,50}|verzonden (?:vanaf|met|vanuit) .{0,50}|skickat från min .{0,50}|"
    r"sendt fra min .{0,50}|lähetetty .{0,40}(?:iphonesta|puhelimesta).{0,20}|"
    r"wysłane z .{0,50}|odesláno z .{0,50}|отправлено (?:с|из) .{0,50}|iphone'umdan gönderildi|iphoneから送信|"
    r"从我的.{1,20}发送|发自我的.{1,20}|나의 .{1,20}에서 보냄|get outlook for .{0,30}|"
    r"sent (?:with|using) .{1,40}|télécharger outlook.{0,30}|(?:this|please) (?:email|"
    r"message) (?:was )?sent from .{0,40})[.!\s>]*\Z",
    re.IGNORECASE,
)
#: What stands above a name at the end of a letter.
FAREWELL = re.compile(
    r"(?:(?:with )?(?:best|kind|kindest|warm|warmest|many)?\s*regards|best wishes|best|cheers|sincerely(?: yours)?|"
    r"yours (?:sincerely|faithfully|truly)|"
    r"(?:mit )?(?:freundlichen|besten|vielen|herzlichen|schönen) grüßen?|(?:mit )?freundliche[nm]? gruß|(?:viele|"
    r"beste|liebe|schöne|herzliche|freundliche) grüße|mfg|lg|vg|"
    r"(?:bien )?cordialement|(?:bien )?à vous|salutations(?: distinguées)?|saludos(?: cordiales)?|un saludo|"
    r"atentamente|cordiali saluti|distinti saluti|saluti|"
    r"met vriendelijke groeten?|vriendelijke groeten?|groeten?|atenciosamente|cumprimentos|abraços|"
    r"(?:med )?(?:vänliga|venlig|vennlig|bästa) (?:hälsningar|hilsen(?:er)?)|mvh|"
    r"pozdrawiam|z poważaniem|с уважением|s pozdravem|üdvözlettel|ystävällisin terveisin)\s*[,.!;:-]*\Z",
    re.IGNORECASE,
)
