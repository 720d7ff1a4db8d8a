"""The cast of the demo: who writes, what, and what they say when they are answered.

The desk is that of a small shop for bicycle lamps. Every person and every mail is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from postdesk.cli.demo.compose import Composer, illustrated, japanese, mislabelled, plain

SUPPORT = "support@desk.example"
BILLING = "billing@desk.example"
DESK = (SUPPORT, BILLING)

#: The agents have letter boxes too: alerts reach them there.
AGENTS = {"alice@desk.example": "Alice Marlow", "bob@desk.example": "Bob Tanner"}


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who writes to the desk."""

    address: str
    name: str
    #: Said one after the other, each time an agent answers.
    answers: tuple[str, ...] = ()
    #: Said once, in answer to the desk's automatic receipt.
    details: str = ""
    #: An out-of-office note; it answers everything.
    away: str = ""
    #: Without a letter box, every answer to this person bounces.
    has_box: bool = True


@dataclass(frozen=True, slots=True)
class Scripted:
    """A mail that a customer will write."""

    by: Customer
    to: tuple[str, ...]
    compose: Composer


NADIA = Customer(
    "nadia@brook.example",
    "Nadia Brook",
    answers=(
        "Thank you, that was quick! It was the small switch under the rubber. All good now.",
        "One last thing: may I recommend you to the neighbours? They ride in the dark too.",
    ),
)
OTTO = Customer("otto.lindqvist@fjord.example", "Otto Lindqvist", answers=("Perfect. I shall send the old one back.",))
HARUKA = Customer("haruka@minato.example", "森 はるか", answers=("ありがとうございます。たいへん助かりました。",))
JOSE = Customer(
    "jose@olivar.example",
    "José Núñez",
    details="I forgot to say: the order number is L-20417, and it was the model with the green ring.",
    answers=("Great, the green ring it is. ¡Gracias!",),
)
HELEN = Customer(
    "helen@meridian.example",
    "Helen Okafor",
    away="I am out of the office until Monday and read no mail. In urgent cases call the front desk. Helen Okafor",
)
GUS = Customer("gus@closed-account.example", "Gus Farrow", has_box=False)
MIRA = Customer("mira@ledger.example", "Mira Sandoval", answers=("Understood, then I will wait for the new invoice.",))
TOM = Customer("tom@hillside.example", "Tom Achterberg", answers=("Fine by me. Thursday suits.", "It arrived. Cheers."))
LENA = Customer("lena@birke.example", "Lena Groß", answers=("Super, vielen Dank! Dann warte ich auf das Paket.",))
PRIYA = Customer("priya@cloudloft.example", "Priya Raman", answers=("That explains it. You can close this.",))

CUSTOMERS = (NADIA, OTTO, HARUKA, JOSE, HELEN, GUS, MIRA, TOM, LENA, PRIYA)

#: Lies in the desk's mailboxes when it opens: one of every kind.
OPENING = (
    Scripted(
        NADIA,
        (SUPPORT,),
        plain(
            "My lamp does not switch on",
            "Hello,\n\nthe front lamp I bought last week does not switch on. The charging light was green.\n"
            "Is there a trick to it?\n\nKind regards\nNadia\n",
        ),
    ),
    Scripted(
        OTTO,
        (SUPPORT,),
        illustrated(
            "Wrong bracket in the box",
            "<p>Hi there,</p><p>the bracket in the box is for a <b>26&nbsp;mm</b> bar, mine has <b>31.8&nbsp;mm</b>."
            ' This is what I mean:</p><p><img src="cid:picture" alt="the lamp" width="64" height="64"></p>'
            '<p>The delivery note is attached.</p><p style="color:#666">Otto Lindqvist<br>Fjord Cycling</p>',
            "Hi there,\n\nthe bracket in the box is for a 26 mm bar, mine has 31.8 mm.\n"
            "The delivery note is attached.\n\nOtto Lindqvist\nFjord Cycling\n",
            paper=("Delivery note 20398", "", "1 x front lamp, black", "1 x bracket 26 mm (ordered: 31.8 mm)"),
            filename="delivery-note-20398.pdf",
        ),
    ),
    Scripted(
        HARUKA,
        (SUPPORT,),
        japanese(
            "ランプの充電について",
            "はじめまして。森と申します。\n\n先月購入したランプですが、充電しても一時間ほどで消えてしまいます。\n"
            "交換は可能でしょうか。\n\nよろしくお願いいたします。\n森 はるか\n",
        ),
    ),
    Scripted(
        JOSE,
        (SUPPORT,),
        plain("Order not here yet", "Hello, my order is a week late. Can you see where it is?\n\nJosé\n"),
    ),
    Scripted(
        HELEN,
        (BILLING,),
        plain(
            "Invoice address",
            "Dear all,\n\nplease put our new address on the invoices from now on: Meridian Ltd, 4 Quay Lane.\n\n"
            "Helen Okafor\n",
        ),
    ),
    Scripted(
        GUS,
        (SUPPORT,),
        plain("Do you ship to islands?", "Hi, do you ship to small islands, and what does it cost?\n\nGus\n"),
    ),
)

_THREAD = """\
Yes please, do that. But keep the mount, I still use it.

Tom

On Tuesday, Lantern Support wrote:
> Dear Tom,
>
> shall we swap the lamp, or would you rather have your money back?
>
> Lantern Support
>
> On Monday, Tom Achterberg wrote:
>> The second lamp flickers as well. It looks like the cable, but I am no
>> expert.
>>
>> On Sunday, Lantern Support wrote:
>>> We are sorry to hear that. A new lamp is on its way to you.
>>>
>>> On Saturday, Tom Achterberg wrote:
>>>> My lamp flickers when the road is rough. Is that normal?
"""

#: Trickles in while one looks on.
LATER = (
    Scripted(
        MIRA,
        (SUPPORT, BILLING),
        plain(
            "Paid twice?",
            "Hello both,\n\nit seems that I paid invoice 3312 twice. I write to both addresses, since I do not know\n"
            "who looks after this.\n\nMira Sandoval\n",
        ),
    ),
    Scripted(
        LENA,
        (SUPPORT,),
        mislabelled(
            "Ersatzteil für “Nordlicht”",
            "Guten Tag,\n\nich suche das Ersatzglas für die „Nordlicht“ – laut Katalog 12,50 €.\n"
            "Haben Sie’s noch …?\n\nSchöne Grüße\nLena Groß\n",
        ),
    ),
    Scripted(
        TOM,
        (SUPPORT,),
        plain(
            "Re: Re: Flickering lamp",
            _THREAD,
            In_Reply_To="<tue.4471@old-desk.example>",
            References="<sun.4402@old-desk.example> <tue.4471@old-desk.example>",
        ),
    ),
    Scripted(
        PRIYA,
        (BILLING,),
        plain("VAT number on receipts 🧾", "Hi! Could you add our VAT number to the receipts? 🙏\n\nPriya\n"),
    ),
    Scripted(
        NADIA, (BILLING,), plain("Gift card", "Hello, can I pay half with a gift card and half by card?\n\nNadia\n")
    ),
    Scripted(
        OTTO,
        (SUPPORT,),
        plain("Bulk order for our club", "We need 25 rear lamps before the autumn ride. Is there a price?\n\nOtto\n"),
    ),
    Scripted(
        LENA, (BILLING,), plain("Rechnung fehlt", "Guten Tag, zur Bestellung L-20433 fehlt die Rechnung.\n\nLena\n")
    ),
    Scripted(
        HARUKA,
        (SUPPORT,),
        japanese("配送先の変更", "お世話になっております。配送先を変更したいのですが、まだ間に合いますか。\n\n森\n"),
    ),
    Scripted(PRIYA, (SUPPORT,), plain("Lamp and rain", "Is the rear lamp fine in heavy rain?\n\nPriya\n")),
    Scripted(
        MIRA,
        (BILLING,),
        illustrated(
            "Invoice 3312, scanned",
            '<p>Here is the invoice I meant, and the lamp for reference: <img src="cid:picture" alt="lamp"></p>',
            "Here is the invoice I meant, and the lamp for reference.\n",
            paper=("Invoice 3312", "", "2 x rear lamp   39.80", "Paid on the 3rd, and again on the 5th"),
            filename="invoice 3312.pdf",
        ),
    ),
    Scripted(TOM, (SUPPORT,), plain("Opening hours", "When can I drop by the workshop on Saturdays?\n\nTom\n")),
    Scripted(
        JOSE, (SUPPORT,), plain("Thank you", "The parcel is here, thank you! One question: how do I dim it?\n\nJosé\n")
    ),
)
