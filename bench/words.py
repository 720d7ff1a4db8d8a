"""What the benchmark's customers are called and what they write about."""

from __future__ import annotations


def _each(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _each(
    "Ada Bela Carla Dario Edith Farid Greta Hugo Ines Jonas Kaya Lena Milo Nora Otto Petra Quirin Rosa Sven Tara "
)
FAMILY = _each(
    "Abel Brandt Castro Dumas Evans Falk Grant Huber Iqbal Jensen Klein Lopez Marsh Novak Olsen Perez Reyes Stone "
)
FAMILY_ELSEWHERE = ("Böhm", "Čapek", "Ødegård", "Şahin", "Żuraw", "高橋")
DOMAINS = ("example.com", "example.net", "example.org")

SUBJECTS = (
    "The parcel for order {} has not come",
    "Charged twice on invoice {}",
    "Sign-in code {} is not accepted",
    "The export stops at row {}",
    "How do I move {} seats to another plan?",
    "Device {} restarts by itself",
    "Please cancel contract {}",
    "Error {} since this morning",
)
SUBJECTS_ELSEWHERE = (
    "Rückfrage zur Lieferung {} – dringend",
    "Réclamation n° {} : où en est-on ?",
    "Zgłoszenie {} bez odpowiedzi ąęł",
    "Ticket {} 🙂 gracias, una pregunta más",
    "注文 {} について",
    "Вопрос по договору {}",
)
WORDS = _each(
    "the the the a a an and and or but so then now today again still never always this that these our your my "
    "their is was has had does did can could will would should please thanks when where why how because after "
    "before since account address answer app backup battery bill box browser button cable calendar card cart code "
    "colour contract copy customer date delivery desk device discount display document driver error export "
    "factory field file firmware folder form hour invoice item keyboard label language licence line link list "
    "location log machine manual menu message model month network number office option order page parcel part "
    "password payment phone photo plan port price printer problem product profile queue receipt record refund "
    "release repair report request row screen seat server service setting shipment shop signature site software "
    "speed status store support system table team test ticket time tool update user value version voucher "
    "warranty website week window arrives asks blinks breaks changes closes comes connects counts crashes "
    "disappears fails finds freezes keeps loads loses moves needs opens prints reads refuses repeats returns runs "
    "saves sends shows starts stays stops sync tries turns waits works writes blank broken different empty green "
    "last long missing new next old open other red same second short slow strange third twice wrong "
)

FILES = (
    ("quotation", ".pdf", "application/pdf", b"%PDF-1.7\n"),
    ("screen", ".png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("damage", ".jpg", "image/jpeg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
    ("diagnosis", ".zip", "application/zip", b"PK\x03\x04"),
    ("orders", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    ("log", ".bin", "application/octet-stream", b"\x00LOG"),
)

# Text, the charset it is written in, and the label it may carry (the last ones are lies that mailers do tell).
ODD_TEXTS = (
    (
        "注文した商品がまだ届いていません。配送状況を教えていただけますか。よろしくお願いします。",
        "iso-2022-jp",
        "ISO-2022-JP",
    ),
    ("Добрый день! Заказ оплачен, но письмо с кодом так и не пришло. Проверьте, пожалуйста.", "koi8-r", "koi8-r"),
    ("“Größe L” kostet 20 € mehr – warum? Das Café in Köln zahlt weniger…", "windows-1252", "iso-8859-1"),
    ("The “blue” one was £12 – your invoice says €20…", "windows-1252", "us-ascii"),
    ("Le colis n’est pas arrivé – j’attends depuis « hier »…", "windows-1252", "utf-8"),
)
