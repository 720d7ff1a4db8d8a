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
    "napisao",
    "napisala",
    "تمت كتابة",
    "skrifaði",
    "kirjutas",
    "rašė",
    "rakstīja",
    "@",
    ">:",
)
#: What such a line begins with; it may be wrapped over several lines, of which the first begins so.
INTRO_START = re.compile(
    r"[\s*>_-]*+(?:(?:on|am|ma|ti|ke|to|pe|la|su|le|el|il|op|em|den|dne|dnia|w dniu|em|a|på|the|at|in|le|lun|mar|mer|"
    r"jeu|ven|sam|dim|lør|søn|man|tir|ons|tor|fre|mon|tue|wed|thu|fri|sat|sun|"
    r"в|на|пн|вт|ср|чт|пт|сб|вс|στις|在|于|vào|pada)(?=[\s,.])|\d{1,4}[-./年]|\"?[\w'. -]{1,60}<[^>]+@)",
    re.IGNORECASE,
)
#: The words such a line begins with, which no name does: wrapped lines reach up to them.
WORD_START = re.compile(
    r"[\s*>_-]*+(?:on|am|le|el|il|op|em|den|dne|dnia|w dniu|på|vào|pada|pe|la|στις|на|в|在|în|kuupäev)\s+\S",
    re.IGNORECASE,
)
DATED = re.compile(r"\d{1,2}[:.h]\d\d|\b(?:19|20)\d\d\b|@|\d{1,2}[./-]\d{1,2}[./-]\d\d", re.IGNORECASE)
#: Lines that begin an unmarked copy of the older message. Asked only of lines that begin so.
ORIGINAL = re.compile(
    r"[\s*>_]*+[-\u2010-\u2015]{2,}+\s*(?:original(?:\s*[-\u2010-\u2015]{2,}| (?:message|mail|e-?mail|appointment))|"
    r"ursprüngliche (?:nachricht|mail|e-mail)|original-?\s?nachricht|message d['\u2019 ]origine|(?:message|mail|"
    r"courriel) "
    r"(?:original|d['\u2019]origine)|mensaje original|correo original|mensagem original|messaggio originale|"
    r"oorspronkelijke? (?:bericht|e-?mail)|oprindelig (?:meddelelse|besked|mail)|ursprungligt (?:meddelande|mail)|"
    r"ursprungligt e-postmeddelande|opprinnelig (?:melding|e-post)|alkuperäinen viesti|wiadomość oryginalna|"
    r"oryginalna wiadomość|původní (?:zpráva|e-mail)|pôvodná správa|eredeti üzenet|mesaj original|mesajul original|"
    r"исходное (?:сообщение|письмо)|оригинальное сообщение|оригінальне повідомлення|вихідне повідомлення|"
    r"оригинално съобщение|αρχικό μήνυμα|orijinal (?:mesaj|ileti)|özgün ileti|izvorna poruka|originalna poruka|"
    r"izvirno sporočilo|missatge original|הודעה מקורית|الرسالة الأصلية|원본 (?:메시지|메일)|元のメッセージ|"
    r"original ?メッセージ|原始邮件|原始郵件|邮件原件|原邮件|原郵件|原始讯息|"
    r"reply (?:message|above)|reply above this line|please (?:reply|type your reply) above)[^\n]{0,40}",
    re.IGNORECASE,
)
FORWARD = re.compile(
    r"[\s*>_-]*+(?:begin forwarded message|forwarded (?:message|mail)|start of forwarded message|"
    r"forwarded by .{0,80}|weitergeleitete (?:nachricht|mail|e-mail)|anfang der weitergeleiteten (?:nachricht|"
    r"e-?mail)|"
    r"message (?:transféré|réexpédié)|début du message (?:réexpédié|transféré)|(?:mensaje|correo) reenviado|"
    r"inicio del mensaje reenviado|mensagem (?:encaminhada|reencaminhada)|"
    r"início da mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|inizio (?:del )?messaggio inoltrato|"
    r"doorgestuurd bericht|begin doorgestuurd bericht|videresendt (?:besked|melding|meddelelse|mail)|"
    r"(?:start på|påbegyndt) videresendt (?:besked|meddelelse|melding)|vidarebefordrat (?:meddelande|mail|brev)|"
    r"(?:början på )?vidarebefordrat (?:meddelande|brev)|välitetty viesti|välitetty viesti alkaa|"
    r"przekazana wiadomość|wiadomość przekazana|przesłana dalej wiadomość|początek przekazywanej wiadomości|"
    r"přeposlaná zpráva|začátek přeposílané zprávy|preposlaná správa|továbbított (?:üzenet|levél|üzenet kezdete)|"
    r"mesaj redirecționat|пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения|"
    r"переадресованное сообщение|переслане повідомлення|препратено съобщение|προωθημένο μήνυμα|iletilen "
    r"(?:mesaj|ileti)|"
    r"proslijeđena poruka|posredovano sporočilo|missatge reenviat|הודעה שהועברה|الرسالة المعاد توجيهها|"
    r"转发的?邮件|轉寄(?:的)?郵件|转发邮件信息|以下是转发的邮件|開始轉寄郵件|転送メッセージ|転送されたメッセージ|"
    r"전달된 (?:메시지|메일))\s*(?:-{2,}|:|\uff1a|\Z)",
    re.IGNORECASE,
)
#: The lines of a copied header block: what they are called. Asked of lines with a colon near their beginning.
FROM_LINE = re.compile(
    r"[\s*>|_]*+(?:from|von|de la|de|da|van|fra|från|frá|od|от|від|από|lähettäjä|feladó|kimden|saatja|nuo|"
    r"gönderen|发件人|寄件者|寄件人|发送人|差出人|送信者|보낸 ?사람|odesílatel|odosielateľ|nadawca|avsändare|"
    r"afsender|avsender|"
    r"expéditeur|mittente|remitente|remetente|afzender|absender|מאת|من)\s*\*?\s*[:\uff1a]\**\s*(.*)",
    re.IGNORECASE,
)
OTHER_LINE = re.compile(
    r"[\s*>|_]*+(?:((?:sent|date|sent at|date sent|gesendet(?: am)?|datum|envoyé(?: le)?|date d['\u2019]envoi|"
    r"message du|"
    r"enviado(?: el| em)?|enviada(?: em)?|fecha(?: de envío)?|data(?: invio)?|inviato(?: il)?|verzonden|sendt|"
    r"skickat|dato|"
    r"wysłano|wysłane|odesláno|odoslané|poslano|dátum|dátumom|küldve|elküldve|küldés (?:ideje|dátuma)|dată|trimis|"
    r"отправлено|дата|надіслано|изпратено|αποστολή|στάλθηκε|ημερομηνία|lähetetty|päivämäärä|päiväys|gönderildi|"
    r"gönderme tarihi|gönderim tarihi|tarih|发送时间|发送日期|傳送時間|寄件日期|日期|时间|時間|送信日時|送信日|"
    r"日時|日付|보낸 ?날짜|보낸 ?시간|"
    r"날짜|נשלח|תאריך|تاريخ الإرسال|مرسل|التاريخ))|((?:to|an|à|para|a|aan|til|till|do|komu|кому|προς|către|za|"
    r"vastaanottaja|címzett|kime|alıcı|收件人|收件者|宛先|받는 ?사람|אל|إلى|destinataires?|destinatario|cc|cci|bcc|"
    r"kopie|kopia|kopio|copie à|copie|копия|копія|dw|másolatot kap|bilgi|抄送|副本|참조))|"
    r"((?:subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|předmět|predmet|zadeva|тема|"
    r"относно|θέμα|subiect|aihe|tárgy|konu|主题|主旨|标题|標題|件名|제목|assumpte|נושא|הנדון|الموضوع))|"
    r"((?:reply-to|antwort an|"
    r"répondre à|responder a|importance|wichtigkeit|importancia|priority|priorität|attachments?|anlagen|pièces "
    r"jointes|"
    r"organi[sz]ation|sender|mailed-by|signed-by)))\s*\*?\s*[:\uff1a]\**\s*(.*)",
    re.IGNORECASE,
)
#: A line of signs only. Two dashes are the convention of signatures; the others divide or introduce.
SIGNATURE = re.compile(r"(?:--|__|[-_*=~\u2013-\u2015\u2500\u2501]{3,}+)[ \t\u00a0]*\Z")
_BRANDS = (
    r"outlook|mail (?:for|f\u00fcr|voor)|mailbird|gmail|google|yahoo|proton|tuta|samsung|galaxy|iphon|ipad|"
    r"ipod|android|"
    r"blackberry|windows|nokia|huawei|xiaomi|mailspring|spark|airmail|thunderbird|em client|nine|boxer|superhuman|"
    r"missive|front|zoho|aol|gmx|web\.de|1&1|t-online|telekom|k-9|fairemail|canary|newton|edison|aqua ?mail|hcl|"
    r"bluemail|typeapp|sparrow|mobile|smartphone|handy|phone|tablet|my |ios|postbox|inky|polymail|unibox|roundcube"
)
#: What phones and programs put under a letter, on a line of its own: nobody writes so. What follows is a copy.
PHONE = re.compile(
    (
        r"[\s*\[_]*+(?:"
        r"sent (?:from|via|by|on|with|using) (?:my (?:[^\s,.;:!?]+\s?){1,6}|my (?:\w+ )?(?:i?phone|ipad|mobile|"
        r"android|verizon|"
        r"at&t|t-mobile|sprint|samsung|galaxy|blackberry|tablet|cell)\b.{0,60}|(?:the |a |an )?(?:\w+ "
        r")?\[?(?:BRANDS).{0,70})|"
        r"get (?:outlook|bluemail|typeapp) for .{0,60}|(?:outlook|bluemail) (?:für|voor|para|per) \w+ .{0,60}|"
        r"gesendet (?:von|mit|aus|über|via) (?:meinem |meiner |der |dem |einem )?\[?(?:BRANDS).{0,70}|"
        r"von (?:meinem|meiner|unterwegs|yahoo) .{0,50}\bgesendet.{0,30}|von unterwegs gesendet|"
        r"diese (?:nachricht|e-?mail|mail) wurde (?:von|mit) (?:meinem?|einem|unterwegs|meiner) .{1,70}|"
        r"(?:holen|laden) sie sich outlook .{0,40}|hol dir outlook .{0,40}|"
        r"envoyé (?:de|depuis|à partir de|avec|par|via) (?:(?:mon|ma|un|une|l['\u2019]\w+) |\[?(?:BRANDS|"
        r"courrier)).{0,60}|"
        r"provenance\s?: .{0,50}|(?:télécharger|obtenir|obtenez) outlook.{0,50}|"
        r"enviad[oa] (?:desde|do|de|a partir|pelo|via|con|com) (?:(?:mi|meu|minha|mi tel|un|o|el|la) ?|\[?(?:BRANDS|"
        r"correo)).{0,60}|"
        r"(?:obtener|obter|obtenga|descargar|baixar|baixe)(?: o)? outlook .{0,50}|"
        r"inviato (?:da|dal|con|tramite) (?:mio |il mio |un )?\[?(?:BRANDS|libero|tiscali|posta|"
        r"dispositivo|cellulare).{0,60}|"
        r"(?:scarica|ottieni) outlook .{0,50}|(?:verzonden|verstuurd) (?:vanaf|met|vanuit|via|van|door) (?:mijn |"
        r"een |de )?"
        r"\[?(?:BRANDS).{0,60}|"
        r"(?:download|haal) outlook .{0,50}|skickat från (?:min|mitt|outlook|yahoo|e-post|mail|samsung).{0,50}|"
        r"hämta outlook .{0,50}|"
        r"sendt (?:fra|med|via) (?:min|mit|outlook|yahoo|mail|e-post|samsung).{0,50}|(?:hent|få) outlook .{0,50}|"
        r"lähetetty (?:.{1,40}(?:sta|stä|lta|ltä|lla|llä)\b|iphone).{0,30}|hanki outlook .{0,50}|"
        r"wysłan[eoy] (?:ze?|przy pomocy|za pomocą) (?:mojego |mojej |programu |aplikacji |poczty )?(?:BRANDS|"
        r"poczty).{0,50}|pobierz (?:program )?outlook .{0,50}|"
        r"(?:odesláno|odoslané) (?:ze?|zo|pomocí|přes|cez) (?:mého |mojej |môjho |aplikace |aplikácie )?(?:BRANDS|"
        r"seznam).{0,50}|získejte outlook .{0,50}|"
        r"(?:отправлено|надіслано|изпратено) (?:с|со|из|от|через|з|із|від) (?:моего |мого |моя |мобильно[йг]о? |"
        r"мобільної |"
        r"приложения |устройства )?(?:BRANDS|почт|пошт|смартфон|телефон|планшет).{0,50}|"
        r"(?:στάλθηκε από (?:το |την )?|trimis (?:de pe|din|de la) |elküldve (?:az?|innen) |poslano (?:z|s|iz) "
        r"(?:mog )?)"
        r"(?:BRANDS).{0,50}|"
        r".{1,30}(?:'|\u2019)?(?:umdan|ımdan|imden|ümden) gönderildi|.{1,20}から送信.{0,20}|"
        r"(?:发自|從|从|寄自)(?:我的|yahoo|outlook).{0,30}|나의 .{1,20}에서 보냄|.{1,20}에서 보(?:냄|낸 메일)|"
        r"נשלח מה.{1,30}|تم الإرسال من .{1,40}|gửi từ .{1,40}|dikirim dari .{1,40}"
        r")[.!\]\s>]*\Z"
    ).replace("BRANDS", _BRANDS),
    re.IGNORECASE,
)
#: Looser words for the same, believed only at the very end.
DEVICE = re.compile(
    r"[\s*]*+(?:sent from [^,;:!?]{1,60}|sent (?:with|using|via) [^,;:!?]{1,40}|written (?:on|with|from) (?:my|"
    r"a) .{1,50}|"
    r"(?:this|please) (?:e-?mail|message) (?:was )?sent from .{0,40}|(?:excuse|pardon|forgive) (?:my |any |the "
    r")?(?:typos|"
    r"brevity).{0,40})[.!\s>]*\Z",
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
