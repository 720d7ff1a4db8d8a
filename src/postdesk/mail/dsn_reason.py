"""Why a message was not delivered: from the server's words, the status (RFC 3463), the reply code. Ordered tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason and the words that give it away. `weak`: an exact status knows better than these words."""

    name: str
    words: re.Pattern[str]
    weak: bool = False


def _reason(name: str, *words: str, weak: bool = False) -> Reason:
    return Reason(name, re.compile("|".join(words), re.IGNORECASE), weak)


_WHO = r"(?:user|recipient|mailbox|mail box|mailaddress|address(?:ee)?|account|e-?mail|name|person|inbox)"

#: The first row whose words match wins; the words of servers say more than their codes.
REASONS: tuple[Reason, ...] = (
    _reason(
        "mailboxfull",
        r"(?:mailbox|mail ?box|inbox|maildir|mail ?folder|account|user|recipient|storage|"
        r"quota)\b.{0,40}\b(?:full|over(?!"
        r"load))\b",
        r"(?:mailbox|inbox|maildir|account|user|quota|storage|disk ?space).{0,40}(?:exceed|overflow)",
        r"\bover(?: ?the)? ?(?:quota|limit|storage)|\bover its (?:disk )?quota|out of (?:storage|disk|mailbox)",
        r"exceed.{0,40}(?:quota|storage|mailbox size|mailbox limit|disk ?space|space limit)",
        r"(?:not enough|insufficient|no (?:more )?) ?(?:storage|space|disk)\b|"
        r"insufficient system storage",
        r"mailbox size limit|mailbox.{0,20}too large|quota (?:full|violation|reached|exceeded)|disc quota|disk quota|"
        r"quotaexceeded|too many (?:messages|mails) (?:on|in)|mailfolder is full|mailbox.{0,20}\bmax",
        r"postfach.{0,20}voll|zu ?viele mails|speicherplatz|bo[iî]te.{0,30}pleine|quota d[ée]pass|"
        r"buz[óo]n.{0,20}(?:lleno|completo)|casilla.{0,20}llena|casella.{0,20}piena|caixa.{0,30}(?:cheia|lotada)|"
        r"mailbox lleno|ящик.{0,30}переполнен|skrzynka.{0,20}(?:pe[łl]na|przepe)|"
        r"メールボックス.{0,12}(?:一杯|いっぱい|容量)|容量(?:不足|を超え|オーバー)|(?:邮箱|信箱|"
        r"收件箱).{0,6}(?:已满|满|空间不足)",
    ),
    _reason(
        "toobig",
        r"(?:message|mail|attachment|file|header|content|it)s? (?:is |are |was |file |size )?too (?:large|big|long)",
        r"message size|size[ =](?:limit|message too)|size limit|sizelimit|max(?:imum)?(?: allowed)? (?:message|"
        r"mail) size",
        r"(?:message|mail|size|length).{0,40}exceeds? (?:the |fixed |our |a )?(?:maximum|max|limit|size|allowed)",
        r"exceeds? (?:the )?(?:maximum|allowed|fixed|size).{0,24}size|too much mail data|\btoo large\b",
        r"zu gro(?:ß|ss)|trop (?:volumineux|gros|grand)|demasiado grande|muito grande|troppo grande|слишком большо",
    ),
    _reason(
        "content",
        r"\bvirus(?:es)?\b|malware|trojan|infected|\bworm\b",
        r"(?:attachment|file).{0,40}(?:not (?:allowed|permitted|accepted)|rejected|block|prohibited|banned|forbidden|"
        r"type|extension)|(?:dangerous|executable|illegal|banned) (?:attachment|file|content)",
        r"bare (?:lf|cr|newline)|8-?bit.{0,20}not|invalid header|missing header|duplicate header|malformed (?:header|"
        r"message|mime)|rfc ?(?:2?822|5322|5321).{0,30}(?:compli|valid|violat)|not rfc|header.{0,20}(?:missing|"
        r"invalid)|"
        r"improper use of 8-bit|line (?:is )?too long|conversion (?:is )?(?:required|not)|messages missing a valid",
    ),
    _reason(
        "suspended",
        _WHO + r".{0,50}\b(?:disabled|suspended|inactive|deactivated|locked|expired|terminated|discontinued|"
        r"not active|no longer active|blocked by admin|dormant|frozen|closed|archived|on hold|"
        r"temporarily unavailable)\b",
        r"(?:inactive|disabled|suspended|deactivated|expired|closed|locked|dormant|discontinued) (?:user|"
        r"account|mailbox|"
        r"recipient|address|e-?mail)|no longer (?:active|in use|available)|is a deactivated|recipient suspend|"
        r"not been logged|has not logged|unusedaccount|account is not allowed|user is inactive",
        r"(?:konto|postfach).{0,24}(?:deaktiviert|gesperrt|inaktiv)|compte.{0,30}(?:d[ée]sactiv|suspendu|ferm[ée])|"
        r"(?:cuenta|casilla|buz[óo]n).{0,30}(?:expirad|deshabilitad|suspendid|inactiv|ha caducado)|"
        r"conta.{0,20}(?:desativad|suspens|inativ)|заблокирован|konto nie(?:aktywne|dost)|konto.{0,12}zablokowan",
    ),
    _reason(
        "rejected",
        r"sender (?:e-?mail )?(?:address )?(?:is )?(?:rejected|denied|refused|invalid|unknown|verif|not (?:allowed|"
        r"accepted|exist|found|permitted))|sender (?:verify|verification) fail|invalid sender|sender domain|"
        r"domain of sender|(?:bad|invalid|unresolvable|unroutable) (?:sender|return|from)|"
        r"sender.{0,20}does not exist|"
        r"<>.{0,12}(?:sender )?(?:rejected|denied|refused)|null (?:sender|return)|empty envelope|backscatter|"
        r"mail from (?:<[^>]*> )?(?:rejected|denied|refused)|from address.{0,30}(?:rejected|denied|refused|not)|"
        r"envelope from|return path.{0,20}(?:invalid|reject)|"
        r"(?:only|not) accept(?:ing)? (?:mail|messages|e-?mail)s? from (?:known|allowed|authori|certain|"
        r"specific|this|"
        r"your)|not in (?:the |my |their )?(?:allowed|accept|white|approved)|does(?:n't| not) (?:accept|allow|"
        r"want).{0,"
        r"24}(?:from you|sender)",
    ),
    _reason(
        "userunknown",
        r"user ?unknown|unknown[ -](?:user|recipient|local|address|mailbox|account|or illegal|alias|name)|"
        r"recipient ?unknown|address ?unknown|mailbox ?unknown|account ?unknown",
        r"(?:no|not an?|not) (?:such|local|known|valid|our|registered|existing|existent) (?:a )?(?:\w+ )?(?:user|"
        r"recipient|mailbox|mail ?box|address|person|local|customer|account|addressee|alias|member|subscriber|name)",
        r"(?:user|recipient|mailbox|address(?:ee)?|account|alias|person|member).{0,60}?(?:not found|unknown|"
        r"does(?:n't| not) exist|(?:is )?not (?:exist|known|listed|valid|recogni[sz]ed|here|local|registered|on file|"
        r"hosted|a (?:valid|known|user)|have)|non-?exist(?:ent|ant|ing)?|undeliverable|invalid|misspelled|"
        r"doesn't match|"
        r"no longer (?:exists?|valid|with|here|works)|cannot be found|could not be found|incorrect|is bad)",
        r"(?:invalid|incorrect|nonexist\w+|non-exist\w+|illegal|bad|unroutable|undeliverable) (?:recipient|mailbox|"
        r"user|e-?mail|alias|address\b(?! syntax of))",
        r"not listed in|not (?:in|on) (?:our|the|my|this).{0,24}(?:director|address ?book|user|server|system)|"
        r"doesn't have an? .{0,24}account|no mail ?box|no account|not have an? account|does not like recipient|"
        r"unrouteable address|no longer (?:with|works|employed|at this|an employee|on this)|has (?:left|moved)\b|"
        r"user has moved|unknown in virtual|(?:couldn't|can't|could not|wasn't|was not) (?:be )?found|"
        r"bad destination (?:mailbox|email)|no valid recipients|bad_recipient|recipnotfound|recipientnotfound|"
        r"user not local|no (?:user|one|person) (?:here )?by that name|isn't (?:a )?(?:valid|known)|"
        r"mailbox not (?:found|available|here)|that's not a valid|mailbox (?:does not|doesn't) exist|"
        r"delivery not authorized.{0,10}unknown|this (?:user|address) (?:is )?no longer|recipient no longer|"
        r"destin(?:atario|ataire).{0,20}(?:desconocid|inconn|inexist)",
        r"(?:benutzer|empf[äa]nger|adressat|postfach|adresse).{0,40}(?:unbekannt|existiert nicht|nicht (?:gefunden|"
        r"vorhanden|bekannt|existiert))|unbekannter (?:benutzer|empf)|(?:utilisateur|destinataire|adresse|bo[iî]te)."
        r"{0,40}(?:inconnu|n'existe pas|inexistante?|introuvable|invalide)|(?:usuario|usu[áa]rio|destinat[áa]rio|"
        r"direcci[óo]n|casilla|cuenta|conta|endere[çc]o).{0,40}(?:desconocid|desconhecid|no existe|n[ãa]o existe|"
        r"inexistente|inv[áa]lid|n[ãa]o encontrad|no encontrad)|(?:utente|casella|indirizzo|destinatario).{0,40}"
        r"(?:sconosciut|inesistente|non esiste|non trovat)|(?:gebruiker|adres|ontvanger).{0,30}(?:onbekend|"
        r"bestaat niet)|"
        r"не существует|пользователь не найден|нет такого (?:пользователя|ящика|адреса)|nie istnieje|"
        r"nieznany (?:u[żz]ytkownik|odbiorca)|neexistuje|kullan[ıi]c[ıi] bulunamad|存在しません|見つかりません|"
        r"宛先不明|"
        r"(?:用户|使用者|收件人|邮箱|账号).{0,6}(?:不存在|未找到|无效)|존재하지",
    ),
    _reason(
        "spam",
        r"spam(?!haus|cop|hole|rats)|junk ?(?:e-?)?mail(?!filter)|(?:bulk|mass) (?:e-?)?mail|\buce\b|"
        r"unsolicited|(?:content|message|mail|text).{0,20}(?:looks|appears|considered|classified|identified|deemed)."
        r"{0,20}(?:spam|bulk|junk|undesir)|spamassassin|suspected (?:spam|junk|bulk)|\bdspam|\buribl\b|\bsurbl\b|"
        r"dcc bulk|phish|"
        r"(?:content (?:filter|reject|scan)|contentfilter)|cloudmark|high probability|bayes|"
        r"rejected by (?:filter|content)|"
        r"message (?:content )?(?:rejected|blocked|refused).{0,24}(?:content|filter|heuristic)|objectionable|"
        r"undesirable|advertis|blocked by (?:our )?(?:content|filter|heuristic)|スパム|迷惑メール|垃圾邮件|"
        r"垃圾郵件|спам",
    ),
    _reason(
        "blocked",
        r"black[ -]?list|block[ -]?list|deny[ -]?list|\bdns-?bl|\brbl\b|\bdnsrbl|spamhaus|spamcop|barracuda|sorbs|"
        r"spamrats|uceprotect|abuseat|njabl|\bblocked\b|\bbanned?\b|reputation|(?:client|connecting) host|"
        r"not accept(?:ing)? (?:mail|connections|email|e-mail) from|listed (?:at|in|by|on)|refused to talk|denied by|"
        r"(?:your|the|client|sending|source|from) (?:ip|host|server|mail server|address|"
        r"network)\b.{0,60}(?:not allowed|"
        r"rejected|refused|denied|listed|block|bad|poor|suspicious|abus)|"
        r"\b(?:ip|host|server)\b.{0,30}(?:is|was|been) (?:not allowed|rejected|refused|denied|block|black|"
        r"banned|listed)|"
        r"reverse dns|\brdns\b|\bptr\b|no (?:reverse|ptr)|cannot (?:find|resolve) your (?:host|reverse|ip)|"
        r"dynamic (?:ip|host|address|pool)|dial-?up|residential|generic (?:ptr|rdns|hostname)|helo|ehlo|"
        r"too many (?:unwanted|spam|bad)|\bdul\b|access from ip|unusual rate of|ip is|connection (?:denied|"
        r"rejected by)",
    ),
    _reason(
        "policy",
        r"\bspf\b|\bdkim\b|\bdmarc\b|\barc\b fail|domainkeys|not authenticated|unauthenticated|sender ?id|"
        r"\bpolic(?:y|ies)\b|\brelay(?:ing|ed)?\b(?! to)|rcpthosts|not a (?:local|gateway)|"
        r"(?:not|isn't|n't) (?:been )?(?:permitted|allowed|authori[sz]ed)|authentication (?:is )?required|"
        r"auth(?:entication)? "
        r"fail|must (?:authenticate|issue a starttls)|starttls|tls (?:is )?required|encryption required|"
        r"administrative(?:ly)? (?:prohibit|restrict|deni)|prohibit|restrict|not permit|requires? (?:confirmation|"
        r"authentication)|access denied|permission|rate ?limit|throttl|too (?:many|fast)\b(?! hops)|"
        r"exceeded the (?:rate|maximum number|limit)|sending limit|daily (?:limit|quota)|unauthori[sz]ed|"
        r"not accepted here|moderat|approved",
    ),
    _reason(
        "hostunknown",
        r"(?:host|domain|server|site|system)s? ?(?:name )?(?:is )?(?:unknown|not found|unreachable or)|"
        r"unknown (?:host|domain|server|site|destination)|name (?:server|service).{0,24}error|hostnotfound|"
        r"domainnotfound|"
        r"(?:domain|host|server|hostname).{0,40}(?:not (?:found|exist|valid|resolv)|does(?:n't| not) exist|invalid|"
        r"lookup|no longer|cannot be (?:found|resolved))|no (?:mx|a|dns) (?:record|entr|or)|no such (?:domain|"
        r"host|site)|"
        r"no (?:mail|valid) (?:exchange|server|host)|null ?mx|does not accept mail|unroute?able (?:mail )?domain|"
        r"illegal host|nxdomain|couldn't find any host|(?:can't|cannot|could not|unable to) (?:find|resolve|"
        r"locate|look ?up) "
        r"(?:a |the |any |your |mx |this )?(?:host|domain|server|mx|ip|address of|name)|bad destination (?:host|"
        r"system|"
        r"domain)|name or service not known|\bunroute?able\b|invalid (?:domain|host)|"
        r"no route found|no such domain|domain .{0,30}(?:inexistente|inconnu|unbekannt)|(?:fqdn|address) required|"
        r"dominio (?:no existe|inexistente)|domaine inconnu",
    ),
    _reason(
        "network",
        r"gr[ea]ylist|connection (?:timed? ?out|was (?:refused|reset|closed|lost)|refused|reset|lost|dropped|closed|"
        r"failed|broken|died|terminated)|(?:read|connect|operation|session|socket|dns|lookup)\W{0,3} ?timed? ?out|"
        r"no route to|network (?:is )?unreachable|(?:can't|cannot|couldn't|unable to|could not|failed to|"
        r"wasn't able to) "
        r"(?:connect|establish|contact|reach|open)|bad connection|dns (?:error|fail|problem|server|lookup|query)|"
        r"(?:host|server) (?:is )?(?:down|unreachable|not responding|busy)|\bloop(?:s|ing|ed)?\b|hop ?count|"
        r"too many (?:hops|received|concurrent|connections)|did not (?:respond|answer)|not responding|no answer|"
        r"lost connection|interrupted|temporary (?:lookup|dns|failure in name)|remote host (?:said|closed)|"
        r"name server.{0,20}(?:fail|timeout)|unreachable",
        weak=True,
    ),
    _reason(
        "expired",
        r"(?:delivery|retry|queue|message|mail).{0,40}(?:expired|time(?:d)? ?out|too long|exceeded)|(?:not|"
        r"n't) (?:been )?deliver.{0,60}(?:\d+|several|few|days?) ?(?:days?|hours?|h\b)|retry (?:time|timeout)|"
        r"giving up|"
        r"gave up|could not be delivered (?:for|within)|\bexpired\b|(?:been|remained|spent) (?:in|on) (?:the )?queue|"
        r"undeliverable (?:for|after)|tried for|time limit|within .{0,16}(?:hours|days)|timed? ?out",
        weak=True,
    ),
    _reason(
        "userunknown",
        r"(?:recipient|address|mailbox|user|rcpt).{0,60}(?:rejected|unavailable|refused|declined|denied|"
        r"not available|not accept|failed|fatal)|unavailable|bad address|undeliverable address",
        weak=True,
    ),
    _reason(
        "rejected", r"reject|refus|denied|not accept|declined|disallow|abgelehnt|refusé|rechazad|rifiutat", weak=True
    ),
)
#: What the status means where no words say more (RFC 3463; the private numbers are Microsoft's and Google's).
_STATUSES = {
    **dict.fromkeys(("1.0", "1.1", "1.3", "1.4", "1.6"), "userunknown"),
    **dict.fromkeys(("1.2", "1.10", "4.4"), "hostunknown"),
    **dict.fromkeys(("1.7", "1.8", "1.9"), "rejected"),
    "2.1": "suspended",
    "2.2": "mailboxfull",
    **dict.fromkeys(("2.3", "3.4"), "toobig"),
    **dict.fromkeys(("3.2", "3.5", "4.0", "4.1", "4.2", "4.3", "4.5", "4.6"), "network"),
    "4.7": "expired",
    **dict.fromkeys(("6.0", "6.1", "6.2", "6.3", "6.5", "6.6", "7.7"), "content"),
    **dict.fromkeys(("7.25", "7.511", "7.606", "7.750"), "blocked"),
    **dict.fromkeys(
        ("7.0", "7.1", "7.2", "7.8", "7.9", "7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.509"), "policy"
    ),
    **dict.fromkeys(("5.3", "7.3", "7.4", "7.5", "7.30", "7.129", "7.133", "7.134"), "policy"),
    "7.124": "rejected",
}
#: These statuses are exact enough to be believed against loose words.
_EXACT = frozenset({"1.1", "1.2", "1.10", "2.2", "2.3", "3.4", "4.7", "2.1", "4.4"})
_DEAD = frozenset({"userunknown", "hostunknown", "suspended"})
_LONGEST = 2000


def is_exact(status: str | None) -> bool:
    """Whether this status alone tells the reason better than words that are not about it."""
    return status is not None and status.partition(".")[2] in _EXACT


@lru_cache(maxsize=512)
def classify(status: str | None, code: int | None, words: str, action: str) -> tuple[str, bool]:
    """(reason, whether the address itself no longer works)."""
    detail = status.split(".", 1)[1] if status else ""
    by_status = _STATUSES.get(detail)
    row = next((row for row in REASONS if row.words.search(words[:_LONGEST])), None) if words else None
    loose = row is None or (row.weak and detail in _EXACT)
    reason = by_status if by_status and loose else row.name if row else "other"
    lasting = not (status or "5").startswith("4") and (code is None or code >= 500) and action != "delayed"
    return reason, lasting and reason in _DEAD
