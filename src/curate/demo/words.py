"""Word material of the demo logs: what customers ask the shop Birchway, and what it answers.

Templates use ``{slot}`` for values that stay the same within one conversation (see
``demo_logs``) and ``[one|two]`` for wordings drawn at each use.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class FirstQuestion(NamedTuple):
    """The first question of a conversation and the answers that fit it."""

    ask: str
    answers: tuple[str, ...]


class FollowUp(NamedTuple):
    """A later question of a conversation and its answer."""

    ask: str
    answer: str


class AskedAgain(NamedTuple):
    """Two questions of one meaning, and the answers that fit both."""

    one: str
    other: str
    answers: tuple[str, ...]


class IntentWords(NamedTuple):
    """All words of one intent; `mistaken_for` names intents a careful reader could confuse.

    The two questions of a paraphrase share a meaning and few words; those of a rewording share
    most words and every name, number and negation, so that the second is what somebody writes who
    asks again.
    """

    weight: int
    mistaken_for: tuple[str, ...]
    questions: tuple[FirstQuestion, ...]
    details: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    paraphrases: tuple[AskedAgain, ...]
    rewordings: tuple[AskedAgain, ...]


SYSTEM = (
    "You are the support assistant of Birchway, an online shop for home and garden goods. "
    "Be brief, friendly and specific."
)


def _items(text: str) -> tuple[str, ...]:
    """The comma-separated items of a text that runs over several lines."""
    return tuple(" ".join(text.split()).split(", "))


def _read(weight: int, mistaken_for: tuple[str, ...], text: str) -> IntentWords:
    """The words of one intent from its text.

    A line is ``#`` (a topic begins), ``? 02 question`` (answers 0 and 2 of its topic fit),
    ``! answer``, ``- detail``, ``> follow-up => answer``, ``~ question => paraphrase => 1.02``
    (answers 0 and 2 of topic 1 fit) or ``= question => rewording => 1.02``. A line without a mark
    continues the one above.
    """
    answers: list[list[str]] = []
    found: dict[str, list[str]] = {"?": [], "-": [], ">": [], "~": [], "=": []}
    for line in re.sub(r"\n   +", " ", text.strip()).splitlines():
        if line == "#":
            answers.append([])
        elif line[0] == "!":
            answers[-1].append(line[2:])
        elif line[0] == "?":
            found["?"].append(f"{len(answers) - 1}.{line[2:]}")
        else:
            found[line[0]].append(line[2:])
    return IntentWords(
        weight=weight,
        mistaken_for=mistaken_for,
        questions=tuple(_question(answers, *line.split(" ", 1)) for line in found["?"]),
        details=tuple(found["-"]),
        follow_ups=tuple(FollowUp(*line.split(" => ")) for line in found[">"]),
        paraphrases=tuple(_asked_again(answers, *line.split(" => ")) for line in found["~"]),
        rewordings=tuple(_asked_again(answers, *line.split(" => ")) for line in found["="]),
    )


def _question(answers: list[list[str]], fits: str, ask: str) -> FirstQuestion:
    return FirstQuestion(ask, _fitting(answers, fits))


def _asked_again(answers: list[list[str]], one: str, other: str, fits: str) -> AskedAgain:
    return AskedAgain(one, other, _fitting(answers, fits))


def _fitting(answers: list[list[str]], fits: str) -> tuple[str, ...]:
    topic, numbers = fits.split(".")
    return tuple(answers[int(topic)][int(number)] for number in numbers)


SLOTS: dict[str, tuple[str, ...]] = {
    "product": _items(
        """
        walnut desk lamp, garden hose reel, robot mower, copper kettle, folding camp bed,
        bamboo bath shelf, pressure washer, ceramic plant pot, standing fan, coffee grinder,
        cordless drill, leather reading chair, bread maker, patio heater, wall clock, raised
        flower bed, tower air cooler, slow cooker, bedside table, rain barrel, hand blender,
        shoe cabinet, picnic blanket, steam iron, solar path light, compost bin, kitchen
        scale, velvet curtain, bird feeder, juice press, laundry basket, hedge trimmer,
        mattress topper, porcelain tea set, bicycle stand, window cleaner, cast iron pan,
        garden swing, humidity sensor, children's tent, vacuum robot, kneeling stool
        """
    ),
    "place": _items(
        """
        Harrow Quay, Lindenfeld, Port Maren, Stonebridge, Upper Calder, Westerholm,
        Maplewick, Saint Orval, Greyford, Castle Brae, Tillmouth, Rosendale, North Fennick,
        Ambleton, Veldhaven, Kirkmoor, Dunmarsh, Elmsworth, Bay of Corrin, Hollowgate,
        Pinecastle, Ravensby, Silverthorpe, Oakhurst Vale
        """
    ),
    "street_name": _items(
        """
        Mill Lane, Station Road, Orchard Street, Harbour Steps, Chapel Hill, Foundry Row,
        Willow Close, Market Square, Quarry Road, Larch Avenue, Tannery Court, Bell Alley
        """
    ),
    "relative": _items(
        """
        sister, father, neighbour, colleague, grandmother, husband, wife, flatmate,
        daughter, uncle, landlord, best friend, cousin, son
        """
    ),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "days": ("three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "carrier": ("Swiftpost", "Parcelo", "Northvan", "Redwagon", "Boxline", "Heron Freight"),
    "card": ("credit card", "debit card", "prepaid card", "company card", "bank card"),
    "device": ("phone", "tablet", "work laptop", "home computer", "new phone", "old tablet"),
    "colour": ("olive", "sand", "navy", "brick red", "charcoal", "mint", "cream", "copper"),
    "part": _items(
        """
        the front panel, the left corner, the handle, the base, the lower edge, the back
        plate, the lid, the side bracket, the top cover
        """
    ),
    "room": ("guest room", "kitchen", "hallway", "conservatory", "study", "basement", "loft"),
    "company": _items(
        """
        Atelier Nord, Fennick Dental, Bakery Holm, Brae Architects, Calder Film, Studio
        Marsh, Orval Books, Quay Consulting
        """
    ),
    "season": ("SPRING", "WELCOME", "GARDEN", "HOME", "THANKS", "SUNNY", "FRIENDS"),
}


OPENERS: tuple[str, ...] = (
    "Hello there.",
    "Hi Birchway team,",
    "Good morning!",
    "Good evening,",
    "Hello, [I hope you can help|maybe you can help me].",
    "Sorry to bother you [again|so late|on a weekend].",
    "[Quick|Short] question:",
    "Dear support team,",
    "To be honest I am [rather|quite] annoyed.",
    "This is [urgent|a bit urgent], please.",
    "Hey,",
    "I did not find the answer in your help pages.",
    "My name is on the account as usual.",
    "I write to you because the phone line is [busy|closed].",
)


FOLLOW_OPENERS: tuple[str, ...] = (
    "Thanks for the [quick|fast] answer.",
    "Okay, understood.",
    "One more thing:",
    "Good, [thank you|thanks].",
    "Ah, I see.",
    "[Fine|All right], but there is something else.",
)


AFTER_BAD_OPENERS: tuple[str, ...] = (
    "That does not [really help|answer my question].",
    "Did you even read what I wrote?",
    "This is [not helpful|no help at all], so once more:",
    "I had hoped for a [better|clearer] answer.",
)


DETAILS: tuple[str, ...] = (
    "I am writing from {place} and only have my {device} with me today.",
    "I already waited {minutes} minutes in the queue on {weekday}.",
    "I have been a customer since {year} and never had to write before.",
    "Your colleague on the phone on {weekday} could not tell me more.",
    "My customer number ends in {last4}, in case you need it.",
    "{person_cap} told me that writing here is the quickest way.",
    "Both e-mails that I sent since {date} went without a reply.",
    "From {weekday} on I am travelling and hard to reach.",
)


CLOSERS: tuple[str, ...] = (
    "Thank you [very much|in advance|for your help].",
    "Please [let me know|answer] before {weekday}.",
    "Many thanks from {place}.",
    "What should I do now?",
    "I would be [glad|grateful] for a quick answer.",
    "Can you sort this out today?",
    "Kind regards from {place}.",
    "I am looking forward to your answer.",
    "An answer by e-mail is [fine|enough].",
    "Please do not send me another form.",
)


ANSWER_OPENERS: tuple[str, ...] = (
    "Thank you for your message.",
    "Thanks for getting in touch.",
    "Hello, and thank you for the details.",
    "I have looked into this for you.",
    "Good that you ask.",
)


ANSWER_CLOSERS: tuple[str, ...] = (
    "Is there anything else I can do for you?",
    "Just reply here if something is still unclear.",
    "I will keep an eye on it until it is settled.",
    "Have a pleasant {weekday}.",
    "You can always reach us in this chat between seven and ten.",
    "The conversation is saved, so you do not have to explain it again.",
)


BAD_ANSWERS: tuple[str, ...] = (
    "That is [probably|most likely] normal. Just wait and see what happens with it.",
    "Please read our terms and conditions, everything about {order} is written somewhere in there.",
    "As I said, things like this [take time|can happen]. There is nothing special about your case.",
    "You [must|will] have done something wrong. Others have no trouble with the {product}.",
    "[Somebody|Someone] will maybe look at it at some point. We are very busy at the moment.",
    "Have you tried turning it off and on again? That mostly helps with a {product}.",
    "Our shop sells many nice things for house and garden. Take a look at the new catalogue!",
    "I do not really know. It could be {carrier}, or the bank, or something else entirely.",
    "Writing in such a tone will not make {order} any faster. Ask again when you have calmed down.",
    "All information is on the website. Use the search field there before you write to us.",
    "It depends. In some cases yes, in other cases no, and in {place} it may differ again.",
    "This is [not our problem|hardly our fault]. Talk to {carrier} about it, they should know.",
    "Okay. Noted. We will see on {weekday} or some other day what can be done about that.",
    "Please contact customer support, they are responsible for questions about the {product}.",
)


REFUSALS: tuple[str, ...] = (
    "I'm sorry, but I can't help with that.",
    "I'm sorry, but I cannot assist with this request.",
    "Sorry, I'm not able to help with questions about your {product}.",
    "I am unable to assist you with that.",
    "As an AI language model, I can't access orders such as {order}.",
    "I apologize, but I can't provide help with this topic.",
    "Unfortunately, I cannot answer this question.",
    "I can't discuss that. Is there something else I can do for you?",
    "I'm afraid I can't help you with that request.",
    "I'm sorry, but as an AI I don't have the ability to look into this matter.",
    "I must decline to answer that, because it may involve personal data.",
    "It would not be appropriate for me to comment on order {order}.",
    "I won't be able to help with this. Please consult a professional.",
    "Sorry, this request goes against my guidelines, so I can't continue.",
    "I do not feel comfortable answering that question.",
    "My apologies, but I'm not allowed to give information about {carrier} deliveries.",
    "I can not fulfill this request.",
    "For safety reasons I have to refuse to talk about payments of {amount} euros.",
)


REFUSAL_TAILS: tuple[str, ...] = (
    "Please contact the support team directly.",
    "Is there another topic I can help you with?",
    "I hope you understand.",
)


REPEATED_PHRASES: tuple[str, ...] = (
    "Please check your order page.",
    "I have checked your order",
    "your {product} your {product}",
    "We are sorry for the delay.",
    "and then the parcel",
    "Thank you for your patience.",
    "order {order}",
    "the refund of the refund of",
)


ERROR_ANSWERS: tuple[str, ...] = (
    "Error 503: the assistant backend did not answer in time.",
    "Internal error: request aborted after {minutes} seconds.",
    "upstream connect error or disconnect/reset before headers",
    "Rate limit reached for this model, please retry later.",
    "Error 500: unexpected end of stream while generating.",
)


NEAR_TAILS: tuple[str, ...] = (
    "Thanks.",
    "Thank you!",
    "Please help.",
    "Best regards.",
    "Please reply soon.",
    "Many thanks.",
    "Anyone there?",
)


NEAR_HEADS: tuple[str, ...] = ("Hello,", "Hi,", "Hello again,", "Dear team,", "Excuse me,")


NEAR_SYNONYMS: dict[str, str] = {
    "parcel": "package",
    "ordered": "bought",
    "bought": "ordered",
    "money": "cash",
    "although": "though",
    "today": "now",
    "wrong": "incorrect",
    "always": "constantly",
    "quick": "fast",
    "shop": "store",
    "tried": "attempted",
    "says": "states",
    "received": "got",
    "exactly": "precisely",
    "answer": "reply",
    "broken": "defective",
    "account": "profile",
}


GOOD_COMMENTS: tuple[str, ...] = (
    "Clicked the wrong star before, the answer was right",
    "It worked in the end, exactly as described",
    "Solved, thank you",
    "Checked with the warehouse: the answer is correct, complete and polite",
)


BAD_COMMENTS: tuple[str, ...] = (
    "Tried it, did not work",
    "The date was wrong, nothing arrived",
    "Sounded good, but nobody ever called back",
    "Checked again: this is not our policy, the customer was misled",
)


INTENTS: dict[str, IntentWords] = {
    "refund": _read(
        16,
        ("cancel_order", "damaged_item", "voucher_code"),
        """
#
? 012 I [sent back|returned] the {product} from order {order} on {date} and [am still waiting
   for|still have not received] the {amount} euros.
? 012 The return of my {product} [arrived at|reached] your warehouse {days} days ago according to
   {carrier}, so when will I be paid back the {amount} euros?
? 012 Could you [find out|check] why the refund for the returned {product}, order {order}, has not
   been paid since {date}?
? 012 {amount} euros for order {order} should have been refunded by {date}, yet my bank [shows
   nothing|lists no such credit].
! Your {product} from order {order} was [checked in|booked in] at our warehouse, and the refund of
   {amount} euros [was released|went out] on {weekday}. Banks usually take three to five working
   days to show it.
! I [can see|found] your return for order {order}. The {amount} euros are on their way to the
   [account you paid with|original payment method]; please allow up to five working days. If
   nothing has arrived by then, reply here and I will send you the transfer reference.
! Our returns team confirmed the {product} and I have [approved|released] the payment of {amount}
   euros today. You will get an e-mail as soon as the bank accepts it; on your statement the
   amount appears under the name Birchway Retail.
#
? 012 I [would like|want] to return the {product} I bought on {date} and [get my money back|be
   refunded], order number {order}.
? 012 How do I [send back|return] a {product} that I simply do not like, and is the full {amount}
   euros refunded?
? 012 The {product} from order {order} [does not fit|looks wrong] in our {room}, so please tell me
   how to return it for a refund.
? 02 Until when can I hand in the {product} at {carrier} in {place} and still [get|receive] the
   {amount} euros refunded?
! You can return the {product} within thirty days. Open order {order} in your account, choose
   Return, print the label and drop the parcel at any {carrier} point. The {amount} euros are
   refunded once we have checked it.
! No problem, [a change of mind is reason enough|you do not need a special reason]. I have
   e-mailed you a prepaid {carrier} label for order {order}. Pack the {product} in any sturdy box;
   the refund of {amount} euros follows within a week of arrival.
! Returns are free for thirty days after delivery. Please use the return form under order {order},
   pick refund instead of exchange, and keep the {carrier} receipt until the {amount} euros are
   back on your account.
#
? 01 You refunded only part of the {amount} euros for my returned {product}, and I [want to
   know|do not understand] why.
? 01 My refund for order {order} is [short by|missing] {small} euros although I sent the complete
   {product} back on {date}.
? 2 The refund for the {product} went to my old {card} that I closed in {year}, so where is the
   {amount} euros now?
? 01 Why did you [keep|subtract] {small} euros from the refund of order {order} when returns are
   said to be free?
! The difference of {small} euros is the express fee of order {order}, which is normally not
   refunded. As you returned the complete {product}, I have made an exception and sent the missing
   amount to you today.
! I checked the refund for order {order}: {small} euros were held back because the return was
   first booked as incomplete. The {product} has been found, so the rest is being paid out and
   should be visible by {weekday}.
! If a refund reaches a closed {card}, the bank sends it back to us after about ten days. As soon
   as the {amount} euros return I will transfer them to the account you name in your profile under
   Payment.
- The {product} was unused and still in its original box when I handed it over.
- The receipt from the {carrier} shop in {place} is right here in front of me.
- I need the money back before {weekday} because the rent is due.
- In {year} a refund from you took only two days, so this surprises me.
- {person_cap} paid for it, and keeps asking me where the {small} euros for shipping went.
> I checked my statement again this morning and the refund of {amount} euros is still not there.
   => I am sorry for the wait. I have asked our payments team to trace the {amount} euros for
   order {order}; you will have the bank reference by e-mail before {weekday} evening.
> Does the refund also cover the {small} euros that I paid for shipping the {product}? => Yes. For
   a full return we also refund the standard shipping of {small} euros. Only an express surcharge
   stays with the carrier, and order {order} had none.
> Can you refund me to a gift balance instead of the {card}, please, that would be quicker? =>
   Certainly. I can turn the refund for order {order} into Birchway balance; it is available
   within a minute and does not expire. Just answer with yes and I will switch it.
> I lost the return label for the {product}, can I still send it back for a refund? => Of course.
   I have created a new label for order {order} and sent it to your e-mail address. The old one
   stops working, so please use only the new one.
> What happens to my refund if {carrier} loses the parcel with the {product} on the way back? =>
   Keep the drop-off receipt. If the parcel is lost on its way to us, we refund the full {amount}
   euros and settle the loss with {carrier} ourselves.
> Will I get a written confirmation once the {amount} euros for the return have been paid out? =>
   Yes, we send an e-mail on the day of the payout. It names order {order}, the amount and the
   account, so you can match it with your statement.
~ How many days does it take until the money for a returned {product} shows up on my {card}? => I
   brought my {product} back; when can I expect to see the payment credited to the {card}? =>
   0.012
~ I changed my mind about the {product} in order {order} and would like my {amount} euros back. =>
   Please refund {amount} euros, because I have decided not to keep what I got with {order},
   namely the {product}. => 1.012
~ Why is the refund for my {product} {small} euros lower than the price I paid? => You returned
   {small} euros too little to me for the {product}; what is the reason for the difference? =>
   2.01
~ The {carrier} tracking says my returned {product} reached you on {date}, but no refund has come.
   => No money has been paid back so far, even though {carrier} delivered the {product} I sent
   back to your warehouse on {date}. => 0.012
~ Do I have to pay the postage myself when I send the {product} back? => Who bears the shipping
   cost for returning a {product}, you or me as the customer? => 1.12
= I sent the {product} back with {carrier} on {date} and I'm still waiting for my {amount} euros,
   could you have a look please? => Hello, I returned the {product} with {carrier} on {date} and I'm
   still waiting for the {amount} euros. Could you please have a look? => 0.012
= Please tell me how to return the {product} from order {order}. It doesn't fit in our {room} and
   I'd like a refund of the {amount} euros. => The {product} from order {order} does not fit in our
   {room}, so I would like to get the {amount} euros refunded. How do I return it? => 1.012
= You only refunded part of what I paid: {small} euros are missing from the refund for order
   {order}. Can you explain why? => You have refunded just a part of what I paid, {small} euros are
   missing from my refund for order {order}. Could you tell me why? => 2.01
= My refund for order {order} went to the {card} ending in {last4}, but I closed that account in
   {year}. What happens to the money now? => The refund for order {order} was sent to the {card}
   ending in {last4}, but I closed that account back in {year}. What will happen to the money? =>
   2.2
= Is there a fee if I send the {product} from order {order} back, or will I get the full {amount}
   euros? => If I return the {product} from order {order}, do I get the full {amount} euros back or
   do you charge a fee? => 1.2
""",
    ),
    "card_blocked": _read(
        10,
        ("login_problem", "voucher_code", "invoice_copy"),
        """
#
? 012 My {card} ending in {last4} was [declined|rejected] at checkout when I tried to pay {amount}
   euros for the {product}.
? 012 Why is my {card} [refused|not accepted] for order {order} although there is enough money on
   the account?
? 012 I tried to pay for the {product} {days} times and every time the shop says the payment with
   {last4} is blocked.
? 012 The payment page [throws out|rejects] my {card} on the {device} whenever I order the
   {product} for {amount} euros.
! The bank [declined|did not confirm] the payment of {amount} euros because the security check was
   not completed. Please open your banking app, approve the request for Birchway and pay again
   from the cart.
! I see {days} failed attempts with the card ending in {last4}. After several failures our payment
   partner pauses a card for one hour. Please wait that long, check the expiry date you typed and
   try once more.
! Nothing has been charged so far. The {card} is registered with another postal code than the one
   in your profile; correct it under Payment and order the {product} again. Your cart stays saved
   until {weekday}.
#
? 01 Your system has [blocked|locked] my saved {card} ending in {last4} since {date} and I cannot
   remove or renew it.
? 0 I received a new {card} from my bank, but the shop keeps [charging|using] the blocked one
   ending in {last4}.
? 12 How can I [unblock|reactivate] the {card} stored in my account so that I can pay order
   {order}?
? 12 It says card {last4} is suspended for security reasons, what do I have to do to [pay with it
   again|unlock it]?
! A saved card is suspended when the bank reports a changed number. Please delete the entry ending
   in {last4} under Payment and add the new {card}; order {order} will then be charged
   automatically.
! I have lifted the suspension of the card ending in {last4}. [For your safety|To protect you] we
   ask for one confirmation in your banking app the next time you pay. After that it works as
   before.
! You can unlock it yourself: go to Payment, choose the {card}, select Verify and type the two
   small amounts we sent to your statement. It takes about two days until both amounts are visible
   there.
#
? 02 My {card} was charged twice with {amount} euros for order {order} and afterwards the bank
   blocked it.
? 1 There is a charge of {small} euros from Birchway on my {card} that I [never made|do not
   recognise], so I had it blocked on {date}.
? 2 The bank froze my card {last4} because your shop [tried to take|requested] {amount} euros late
   at night on {weekday}.
? 2 After a fraud alert on {date} my {card} is blocked, and order {order} is now stuck without
   payment.
! I understand the worry. One of the two entries of {amount} euros is only a reservation for order
   {order}; it disappears within three days. Your bank can lift the block once you confirm that
   the first charge is yours.
! Thank you for telling us. I found no order that matches the {small} euros, so I have started a
   fraud check and removed the card ending in {last4} from your profile. You will hear from our
   security team by {weekday}.
! Order {order} is [on hold|parked] for seven days, so nothing is lost. Once the bank has released
   or replaced the {card}, open the order and choose Pay again, or select bank transfer right
   away.
- The bank told {person} and me that everything is fine on their side.
- At the supermarket in {place} the same card worked without trouble an hour later.
- I typed the three digits on the back carefully, and also tried the {device}.
- The limit of the card is {big} euros and I have hardly used it this month.
- There was a red message with the code P{small_code} for a second.
> I approved the payment in the banking app, but the card ending in {last4} is still declined. =>
   Thank you for trying. The approval arrived after our two-minute limit. Please start the payment
   again and confirm it at once; if the app is slow, bank transfer for {amount} euros is a safe
   alternative.
> Which other ways to pay do I have if my {card} stays blocked until {weekday}? => You can pay
   order {order} by bank transfer, with Birchway balance or on invoice. I keep the {product}
   reserved for you until then, so nobody else can buy it.
> Can you see on your side why the bank refuses the {amount} euros on my card? => We only receive
   a short code: the bank answered that the card is not enabled for online shopping. You can
   switch that on in your banking app, usually under Card settings.
> Is my card number {last4} still safe with you after these blocked payments? => Yes. We never
   store the full number, only the last four digits and a token from our payment partner. The
   failed attempts changed nothing about that.
> I would rather pay with a different card now, how do I swap it for order {order}? => Open order
   {order}, choose Change payment and add the other card. The old entry ending in {last4} is not
   charged any more as soon as you save.
> How long does the block on my {card} last before I can try to pay again? => The pause ends one
   hour after the last failed attempt. Please do not try in between, because every attempt starts
   the hour anew.
~ Why does the checkout refuse my {card} when I want to pay {amount} euros for the {product}? => I
   wish to settle {amount} euros for a {product}, but your payment page will not take my {card};
   what is the cause? => 0.02
~ How do I get the saved card ending in {last4} unlocked again? => The one with the final digits
   {last4} in my profile is suspended; what steps lift that block? => 1.12
~ I was debited {amount} euros two times for order {order}, and then my bank blocked the card. =>
   My card is frozen by the bank after Birchway took the {amount} euros for {order} twice. => 2.02
~ My bank gave me a new {card}; where do I replace the blocked one in my account? => In which menu
   can I swap the locked payment card for the fresh {card} that was issued to me? => 1.0
~ There is a booking of {small} euros from your shop on my {card} which I did not authorise. =>
   Somebody used my {card} at Birchway for {small} euros without my permission. => 2.1
= My {card} ending in {last4} gets declined every time I try to pay {amount} euros for the
   {product}. Could you check what's wrong? => Could you please check what is wrong? Whenever I try
   to pay the {amount} euros for the {product}, my {card} ending in {last4} is declined. => 0.012
= There's enough money on my account, but your checkout still rejects the {card} for order {order}.
   Do you know why? => There is enough money on my account, yet your checkout keeps rejecting the
   {card} for order {order}. Would you know why? => 0.02
= I got a new {card} from the bank, yet you keep charging the old one ending in {last4}. Where can I
   change that? => I received a new {card} from the bank, but you still charge the old one ending in
   {last4}. Where do I change it? => 1.0
= I've been charged {small} euros by Birchway on {date} and I don't recognise the payment, so I had
   my {card} blocked. => On {date} Birchway took {small} euros from me. I do not recognise this
   payment and therefore I've had my {card} blocked. => 2.1
= Hello, your shop has suspended the {card} saved in my account since {date}, what must I do to use
   it again for order {order}? => Hi, since {date} the {card} saved in my account is suspended by
   your shop. What do I have to do to use it for order {order} again? => 1.12
""",
    ),
    "late_delivery": _read(
        18,
        ("change_address", "damaged_item", "stock_question"),
        """
#
? 012 My {product} from order {order} was [promised|announced] for {date} and has still not
   [arrived|been delivered].
? 012 Where is order {order}, the tracking of {carrier} has [not moved|stayed the same] since
   {date}?
? 012 I have been waiting {days} days longer than [announced|promised] for the {product}, can you
   find out where the parcel is?
? 012 {carrier} keeps saying that the parcel with my {product} is in {place}, but it [does not
   come|never gets any further].
! I am sorry about the delay. Your {product} is [stuck|waiting] in the {carrier} hub in {place};
   it leaves there tonight and should reach you on {weekday}. I will watch the tracking and write
   to you if that changes.
! Order {order} was held up by a sorting mistake at {carrier}. I have opened an urgent trace. If
   the parcel does not move within two working days, I will send a new {product} without any cost
   to you.
! The last scan of order {order} was on {date} in {place}. {carrier} now names {weekday} as the
   new delivery day. [As an apology|For the wait] I have credited {small} euros to your Birchway
   balance.
#
? 01 The tracking says my {product} was delivered on {date}, but [nobody here received it|there is
   nothing at the door].
? 0 {carrier} claims that someone at {street} signed for order {order}, yet I [was home alone|saw
   no driver at all].
? 01 A neighbour was supposed to have my {product}, but I asked [at every door|the whole house]
   and the parcel never came.
? 2 According to the app the parcel of order {order} lies at a pick-up point in {place}, but the
   shop [cannot find it|knows nothing about it].
! Thank you for checking. I have asked {carrier} for the signature and the position of the scan
   for order {order}. You will have an answer by {weekday}; if the parcel stays lost, we send the
   {product} again.
! That should not happen. Please look once more in the garage and by the bins, because the
   {carrier} driver noted a safe place. If the {product} is not there, reply with no and I will
   start a replacement at once.
! The pick-up point in {place} scanned the parcel under a wrong shelf number. Please show the
   number {order} at the counter again; the staff has been informed and keeps the {product} until
   {weekday}.
#
? 0 I need the {product} before {weekday}, can you [speed up|still rush] the delivery of order
   {order}?
? 1 The new delivery date for order {order} is {days} days later than the one in my confirmation,
   [how is that possible|why is that]?
? 0 When exactly will the {carrier} driver come to {place} with the {product}, I cannot [stay at
   home|wait] all day again?
? 2 Only one of the two parcels from order {order} has come, and the one with the {product} is
   [overdue|late] since {date}.
! I have switched order {order} to express at no cost. The {product} leaves our warehouse tonight
   and {carrier} plans to deliver it before noon on {weekday}; you get a text message one hour
   ahead.
! The date moved because the {product} comes from our second warehouse in {place}. It was handed
   to {carrier} this morning. I know this is annoying, so the shipping cost of {small} euros has
   been refunded.
! Both parcels of order {order} travel separately. The one with the {product} was scanned on
   {date} and is planned for {weekday} between nine and one. You can narrow the window in the
   {carrier} app.
- It is a present for {person}, whose birthday is on {weekday}.
- I took {days} half days off work to be at home in {place} for nothing.
- The hotline of {carrier} only plays music and then hangs up.
- There is no card in the letter box and the bell at {street} works.
- My last three orders from you came within two days, so something must be wrong.
> I looked at the tracking again just now and the parcel with the {product} has not moved at all.
   => Thank you for checking again. I have moved the trace at {carrier} to the highest level and
   asked for a call back today. If there is no scan by {weekday} morning, a new {product} leaves
   our warehouse.
> Can you have it delivered to the {carrier} shop in {place} instead, since it is late anyway? =>
   Yes, I have asked {carrier} to take order {order} to the shop in {place}. You get a message
   with a pick-up code, and the parcel waits there for seven days.
> What do I get for the delay, after all I paid {small} euros for express delivery? => You are
   right, express was not kept. I have refunded the {small} euros for order {order}; the money
   will be back within three working days.
> And if the parcel does not come by {weekday}, will you send me another {product}? => Yes. If
   there is no delivery by {weekday}, a replacement goes out the same day by express and you keep
   whichever parcel arrives first.
> The driver of {carrier} rang yesterday but left before I could open, is a second attempt
   planned? => A second attempt is planned for {weekday}. I added a note that the way to the door
   takes a moment and that the driver should ring twice.
> Is there a phone number of {carrier} where somebody really answers questions about late parcels?
   => The direct line for lost parcels is printed in your tracking e-mail, open from eight to six.
   I have also given {carrier} your order {order}, so they can find it at once.
~ My {product} was due on {date}; what has become of it? => Something I expected on {date}, a
   {product}, has not turned up yet, so where is it? => 0.012
~ According to {carrier} my order {order} has been delivered, but I did not get any parcel. => I
   never received {order} although the carrier, {carrier}, lists it as handed over. => 1.01
~ Can the shipping of order {order} be made faster so that the {product} comes before {weekday}?
   => I must have the {product} ahead of {weekday}; is there any way you could accelerate {order}?
   => 2.0
~ For {days} days the tracking of my parcel has shown the same place, {place}. => My shipment
   seems to be stuck in {place}: its status did not change during the last {days} days. => 0.012
~ One of two packages came; the other one, containing the {product}, is missing. => I only got
   half of my delivery, as the box holding the {product} still has to arrive. => 2.2
= My {product} should have arrived on {date}, and order {order} still shows no delivery day. Where
   is the parcel? => The {product} should have arrived on {date}, but order {order} still shows no
   delivery day. Do you know where the parcel is? => 0.012
= The tracking from {carrier} hasn't changed for {days} days, it still says that order {order} is in
   {place}. Can you find out what happened? => The {carrier} tracking has not changed for {days}
   days, it keeps saying that order {order} is in {place}. Could you find out what's happened? =>
   0.012
= According to {carrier} somebody at {street} signed for order {order} on {date}, but I was home all
   day and nobody rang. => {carrier} says somebody at {street} signed for order {order} on {date},
   yet I've been at home all day and nobody rang the bell. => 1.0
= Is there any chance to get order {order} before {weekday}? I need the {product} for the birthday
   of {person}. => {person_cap} has a birthday and I need the {product} for it, so could I possibly
   get order {order} before {weekday}? => 2.0
= I only got one of the two parcels of order {order}, the one with the {product} is missing since
   {date}. => Just one of the two parcels from order {order} has reached me. The other one, with the
   {product}, has been missing since {date}. => 2.2
""",
    ),
    "damaged_item": _read(
        12,
        ("refund", "late_delivery"),
        """
#
? 012 The {product} from order {order} [arrived|was delivered] with a deep crack in {part}.
? 012 I [unpacked|opened] the {product} today and {part} is broken, how do I get a replacement?
? 012 {part_cap} of the {product} was [smashed|shattered] when the parcel from {carrier} came on
   {date}.
? 012 My new {product} has [scratches|dents] all over {part}, although the box of order {order}
   looked fine.
! I am sorry to hear that. Please send a photo of {part} and of the box as a reply. You do not
   have to send the broken {product} back; a new one leaves our warehouse tomorrow.
! That is not the condition it should have. I have registered the damage for order {order} and
   booked a replacement {product}, which arrives on {weekday}. {carrier} takes the damaged one
   along at the same time.
! Thank you for the clear description. You can choose: a new {product}, or you keep it with the
   damage and we credit {small} euros. Tell me which you prefer and I will arrange it right away.
#
? 012 The {product} worked for {days} days and then [stopped|broke], it does nothing any more when
   I switch it on.
? 02 My {product} makes a loud [grinding|rattling] noise since {date} and gets hot at {part}.
? 02 After {days} uses the {product} from order {order} [wobbles|leaks], so it cannot be right.
? 012 Is it a defect that the {product} [smells burnt|hums all night], or did I set it up the
   wrong way?
! Please stop using the {product} for now. This sounds like a faulty batch. I have ordered an
   exchange under warranty for order {order}; {carrier} brings the new one and collects the old
   one on {weekday}.
! Let us try one thing first: disconnect the {product}, wait ten minutes and press the reset at
   {part}. If the fault comes back, answer here and I will exchange it under the two-year
   warranty.
! Thank you, that is clearly a defect and not your mistake. The warranty of order {order} covers
   it. You will receive a repair label by e-mail; the workshop in {place} needs about six days.
#
? 0 A [screw|bracket] for {part} was missing in the box, so I cannot assemble the {product} from
   order {order}.
? 1 You sent me the wrong colour, I ordered the {product} in {colour} and this one is [something
   else|not that at all].
? 2 The {product} came without the [manual|power cable], and the seal of the box was already
   broken on {date}.
? 3 There are parts of another item in the box of order {order} and half of the {product} is
   [missing|not there].
! Sorry about that. I am sending the missing piece for {part} by letter today; it should be in
   your box by {weekday}. You do not need to return anything.
! We packed the wrong variant. The {product} in {colour} is on its way under order {order}, and
   the enclosed label lets you give the wrong one back to {carrier} free of charge.
! An opened seal means the parcel was checked on the way. I have sent you the manual as a file and
   the missing accessories of the {product} by post; they arrive around {weekday}.
! That is our mistake in packing. The complete {product} leaves today under order {order}; please
   keep the wrong parts aside, {carrier} collects them on {weekday}.
- The outer box was soaked and torn open on one side.
- I took {days} photos and can send them to you at once.
- {person_cap} cut a finger on it, which is really not acceptable.
- The driver from {carrier} simply threw it over the gate at {street}.
- A replacement would be fine, I do not want to lose the {small} euros discount.
> I have attached the photos of {part}, so please tell me how the exchange of the {product} works.
   => Thank you, the photos show the damage clearly. A new {product} leaves today under the same
   order {order}; hand the damaged one to the driver in any box.
> Do I need to keep the packaging until the damaged {product} has been collected? => Please keep
   it until {weekday}, because {carrier} may want to look at it. After the collection you can
   throw it away.
> The replacement came today, but {part} is scratched on this {product} as well. => I am really
   sorry. I have reported the batch and asked our quality team to check the next {product} by hand
   before it leaves. It will reach you on {weekday}.
> I would rather keep the {product} despite the damage, what reduction can you offer me? =>
   Gladly. For the damage at {part} I can credit {amount} euros to your original payment method.
   Shall I book it for order {order}?
> Can a technician in {place} repair {part} instead of sending the whole thing back? => Yes, our
   partner workshop in {place} repairs {part} under warranty. I have sent you an appointment link;
   the repair takes about an hour.
> Who pays for the carpet that the broken {product} has ruined in our {room}? => Our insurance
   covers damage caused by a defective item. Please send a photo of the {room} and an estimate; I
   have opened a case under order {order}.
~ My {product} was delivered broken; {part} has a crack. => A crack runs through {part} of the
   {product} that I just received from you. => 0.012
~ The {product} stopped working after only {days} days. => It took just {days} days until my
   {product} gave up and would not run any longer. => 1.012
~ Screws are missing in the box, therefore I cannot build the {product} from order {order}. =>
   Without the screws you forgot to pack, assembling what came as {order}, a {product}, is
   impossible for me. => 2.0
~ I received the {product} in a wrong colour instead of {colour}. => Your warehouse mixed up the
   colours: {colour} is what my {product} ought to be. => 2.1
~ Is it normal that the {product} becomes hot and makes noise, or is it defective? => My {product}
   heats up and is loud; would you say that this is a fault? => 1.012
= I unpacked my {product} from order {order} today and there is a big scratch on {part}. Can I get a
   new one, please? => Today I unpacked the {product} from order {order} and there's a big scratch
   on {part}. Could I please get a new one? => 0.012
= When {carrier} brought the {product} on {date}, the box was crushed and {part} was broken. What
   should I do now? => What do I have to do now? {carrier} delivered the {product} on {date} in a
   crushed box and {part} is broken. => 0.012
= My {product} worked fine for {days} days, but now it won't switch on any more. Is this covered by
   the warranty? => The {product} worked well for {days} days, but now it doesn't switch on any
   more. Does the warranty cover this? => 1.012
= I ordered the {product} in {colour}, but what you sent me with order {order} has a different
   colour. Could I swap it? => I had ordered the {product} in {colour}, but the one you sent me with
   order {order} is in a different colour. Can I exchange it? => 2.1
= The {product} came without a power cable and the seal on the box was open. Can you send me the
   cable for order {order}? => Could you please send me the power cable for order {order}? The
   {product} arrived without one and the box had an open seal. => 2.2
""",
    ),
    "change_address": _read(
        10,
        ("late_delivery", "cancel_order"),
        """
#
? 012 I typed the wrong house number for order {order}, please [send|ship] the {product} to
   {street} in {place}.
? 02 Can you [change|correct] the delivery address of order {order} to {street}, {place}, before
   it ships on {weekday}?
? 02 We are moving on {later}, so the {product} should [go|be sent] to our new address, {street}
   in {place}.
? 01 The parcel with the {product} is going to my old flat, could you [redirect|reroute] it to
   {street}?
! Done: order {order} now goes to {street} in {place}. The parcel had not left our warehouse, so
   the delivery date stays {weekday}. You will receive a new confirmation by e-mail.
! The {product} was already handed to {carrier}, but I have asked them to redirect it to {street}.
   This takes one extra day. The tracking shows the new address by tonight.
! Thank you for telling us in time. I have replaced the address of order {order} with {street},
   {place}. If a name on the bell differs from yours, just reply with it.
#
? 0 How do I [change|update] the address saved in my account, the old one in {place} is still used
   since {date}?
? 1 My profile does not [accept|save] the new address {street}, it says that the postal code of
   {place} is unknown.
? 2 I want to [delete|remove] my parents' address in {place} from the account and make {street}
   the standard one.
? 02 Every new order still [proposes|shows] the address we left in {year}, how can I get rid of it
   for good?
! Open Account, then Addresses, and choose Edit next to the old entry in {place}. Tick Use as
   standard before you save. Orders that are already placed keep their address, so tell me if one
   should be changed.
! The postal code list was outdated; I have added {street} in {place} to your profile by hand.
   Please reload the page once, then it can be chosen at checkout.
! I removed the old entry and made {street} your standard address. The change applies to every new
   order from now on, and your invoices use it as well.
#
? 0 Could the {product} from order {order} be [left|delivered] with {person} at {street} because I
   am away until {later}?
? 1 Please have {carrier} bring order {order} to my office in {place} [on|not before] {weekday},
   as I am never at home.
? 2 Is it possible to [send|deliver] the {product} to a parcel locker in {place} instead of my
   home address?
? 1 I would like to [add|give] a company name to the delivery address of order {order}, otherwise
   {carrier} will not find us at {street}.
! Yes. I have added the note for order {order}: deliver to {person} at {street}. {carrier} will
   ask for a signature there, so please mention it to them before {weekday}.
! That works. The parcel with the {product} goes to the office in {place}; please send me the name
   of the company for the label. Delivery is planned for {weekday} between nine and five.
! A locker is possible for parcels up to twenty kilos, and the {product} is lighter. Choose the
   locker in {place} in the {carrier} app, and the order {order} is redirected within an hour.
- I noticed the mistake {minutes} minutes after I had pressed the order button.
- The new tenant at the old place is not very helpful.
- The tracking from {carrier} does not offer me this option.
- {person_cap} can also take the parcel there on {weekday}.
- Our street was renamed in {year} and many maps do not know it yet.
> I made another mistake, the right address is {street}, but on the second floor with {person}. =>
   No trouble, I have added second floor and the name to the address of order {order}. The label
   is printed tonight, so everything will be correct.
> Does the new delivery address also appear on the invoice for the {product}, or only on the
   parcel? => Only on the parcel. If the invoice should carry {street} as well, tell me and I will
   issue a corrected one for order {order}.
> The tracking still shows the old address in {place}, did the change really go through? => It
   did. {carrier} shows the new address only after the next scan, which happens tonight. In our
   system order {order} already goes to {street}.
> What does it cost to have the parcel redirected to {street} at this late stage? => Nothing. The
   first redirection is free with {carrier}. Only a second change for order {order} would cost
   {small} euros.
> Please also use the new address in {place} for the two other orders that are open. => I have
   changed all open orders to {street} in {place}. You will get one confirmation for each of them
   within a few minutes.
> Will the change of address delay the {product}, because I need it by {weekday} at the latest? =>
   There is one extra day at most. {carrier} plans {weekday} before noon for the new address, so
   you should have it in time.
~ Please deliver order {order} to {street} in {place} rather than to the address I entered. => I
   gave you a wrong destination: {street}, {place} is where {order} has to go. => 0.012
~ Where in my profile can I replace the old home address with {street}? => Tell me which page lets
   me store {street} as the new place where I live. => 1.0
~ Can a parcel locker in {place} be used for the {product} instead of my house? => I do not want
   home delivery; is sending my {product} to a pick-up box in {place} an option? => 2.2
~ We move house on {later}, so please send the {product} to {street}. => Because of our relocation
   on {later}, {street} is now the correct destination for my {product}. => 0.02
~ I am travelling until {later}; could {person} accept order {order} for me? => As I will be away
   up to {later}, let {carrier} hand {order} over to {person}. => 2.0
= I made a mistake with the address for order {order}, it needs to go to {street} in {place}. Can
   you still change it? => I've made a mistake with the address of order {order}, it should go to
   {street} in {place}. Is it still possible to change it? => 0.012
= We're moving to {street} in {place} on {later}. Please make sure that the {product} is sent to the
   new address. => Please make sure you send the {product} to our new address, since we are moving
   on {later}. It's {street} in {place}. => 0.02
= Your website won't let me save {street} as my new address, it keeps telling me that the postal
   code of {place} is unknown. => I can't save {street} as a new address on your website. It always
   says that the postal code of {place} is unknown. => 1.1
= I'm away until {later}, so could the {product} from order {order} be handed to {person} at
   {street} instead? => Could you have the {product} from order {order} delivered to {person} at
   {street} instead, as I will be away until {later}? => 2.0
= Please deliver order {order} to my office in {place} on {weekday}, because nobody is at home
   during the day. => As there's nobody at home during the day, I'd like to have order {order}
   delivered to my office in {place} on {weekday}. => 2.1
""",
    ),
    "cancel_order": _read(
        9,
        ("refund", "change_address"),
        """
#
? 012 Please cancel order {order}, I [ordered|clicked on] the {product} by mistake {minutes}
   minutes ago.
? 012 I want to [cancel|withdraw] my order {order} for the {product} before it is shipped on
   {weekday}.
? 012 Is it still possible to [stop|call off] order {order}, I found a cheaper {product} in
   {place}?
? 012 My child [ordered|bought] a {product} with my {device} on {date}, can you cancel that
   please?
! Order {order} is cancelled. The {product} had not been packed, so nothing will be sent, and the
   {amount} euros are released on your {card} within two days. A confirmation is in your inbox.
! I could still stop it: order {order} is cancelled and you owe nothing. If you see a reservation
   of {amount} euros on your {card}, it disappears by itself by {weekday}.
! Cancelling is free until the parcel is handed to {carrier}. I have done it for order {order}
   just now; the status in your account changes to cancelled within the hour.
#
? 0 The cancel button for order {order} is [greyed out|gone], although the {product} has not left
   yet.
? 1 I cancelled order {order} on {date}, but today I [received|got] a message that the {product}
   is on its way.
? 0 Your site says that order {order} [cannot be cancelled|is locked] because it is being
   processed, what now?
? 2 I clicked on cancel {days} times and the {product} is still [listed|shown] as confirmed in my
   account.
! The button closes when the warehouse starts packing. I have asked them by hand to take the
   {product} out again. If it leaves anyway, refuse the parcel at the door and order {order} is
   cancelled on arrival.
! Your cancellation of order {order} and the dispatch crossed by a few minutes. Please do not
   accept the parcel from {carrier}; it returns to us and the {amount} euros are paid back in
   full.
! That was an error in the display. Order {order} has been cancelled since {date}, and I have
   refreshed the status. You will neither receive the {product} nor be charged for it.
#
? 0 Can I cancel only the {product} from order {order} and [keep|still get] the rest?
? 1 I would like to cancel my [monthly|regular] delivery of the {product} from {later} on, the
   number is {order}.
? 3 We ordered {days} pieces of the {product} but need [one less|two less], can order {order} be
   reduced?
? 2 Will I be charged {small} euros if I [cancel|call off] the pre-order {order} of the {product}
   now?
! Yes. I have taken the {product} out of order {order}; the other items are sent on {weekday} as
   planned. The invoice is reduced by {amount} euros.
! Your regular delivery is cancelled from {later} on. No further parcels with the {product} will
   be sent, and you can start again at any time under Account, Deliveries.
! There is no fee. A pre-order can be cancelled free of charge until the day of dispatch. Just
   answer with yes and I will cancel order {order} for you right away.
! That is easy. I have changed the number of pieces in order {order}; the difference is refunded
   and a new confirmation is on its way.
- I changed my plans because {person} already has one.
- The delivery date in the confirmation is far too late for me.
- It has only been {minutes} minutes since the order went through.
- I ordered it twice, and only the other one should be sent to {place}.
- Nothing was said on the page about a time limit for cancelling.
> I got a dispatch message for the cancelled {product} anyway, should I just refuse the parcel? =>
   Yes, please refuse it. {carrier} brings it back without cost to you, and order {order} stays
   cancelled. The {amount} euros are paid back when we receive it.
> Actually I would like to keep order {order} after all, can the cancellation be undone? => You
   are lucky, the cancellation was not final yet. Order {order} is active again and the {product}
   ships on {weekday}.
> Please send me a written confirmation that order {order} for the {product} is cancelled. => I
   have sent the confirmation to your e-mail address. It names order {order}, the {product} and
   the time of the cancellation.
> Can I cancel the second order with the same {product} as well, I placed it on {date}? => I found
   it and cancelled it too. Both orders now show the status cancelled, and no payment will be
   taken.
> Until what time on {weekday} could I still have cancelled order {order} myself? => Until the
   packing starts, usually at four in the afternoon. After that we have to stop the {product} by
   hand, which works in most cases.
> What happens to the voucher I used if order {order} is cancelled completely? => The voucher
   becomes valid again with its old expiry date. You can use it with your next order as soon as
   {order} shows as cancelled.
~ I do not need the {product} any more, please cancel order {order}. => Kindly call off {order},
   since I no longer have any use for a {product}. => 0.012
~ Why can I not press the cancel button for order {order}? => The option to withdraw {order} is
   inactive on my screen; what is the reason? => 1.0
~ Take the {product} out of order {order} but send me the other things. => I want everything that
   belongs to {order} with one exception: drop the {product}. => 2.0
~ The {product} was sent although I had cancelled it on {date}. => Despite my cancellation of
   {date} you have dispatched that {product} to me. => 1.1
~ From {later} on I do not want the regular delivery of the {product} any longer. => Please end my
   subscription for a {product} with effect of {later}. => 2.1
= I ordered the {product} by mistake, please cancel order {order} before it leaves the warehouse on
   {weekday}. => Could you please cancel order {order} before it ships from the warehouse on
   {weekday}? I bought the {product} by mistake. => 0.012
= I've found the {product} cheaper in {place}, so I'd like to cancel order {order} if it's not too
   late. => If it is not too late, I want to cancel order {order}, as I have seen a cheaper
   {product} in {place}. => 0.012
= I cancelled order {order} on {date} and today {carrier} tells me that the {product} is on its way.
   How is that possible? => I cancelled order {order} on {date}, but today {carrier} told me that
   the {product} is on the way. How can that be? => 1.1
= We ordered {days} pieces of the {product} with order {order} and need one less. Can you change
   that for us? => We ordered {days} pieces of the {product} with order {order}, but we need one
   less. Could you please change it? => 2.3
= Please stop my monthly delivery of the {product} from {later}, I still have enough of them here.
   The order number is {order}. => I'd like you to stop the monthly delivery of the {product}, order
   number {order}, from {later} on, because I've still got enough here. => 2.1
""",
    ),
    "login_problem": _read(
        9,
        ("card_blocked", "change_address"),
        """
#
? 0 I cannot log in to my Birchway account on my {device} since {date}, it says that the password
   is [wrong|not correct].
? 01 The link to reset my password [never arrives|does not come], I asked for it {days} times
   since {weekday}.
? 0 I [forgot|lost] my password and the reset link from {weekday} says that it has expired after
   {minutes} minutes.
? 2 Your page [asks|wants me] to choose a new password, but rejects every one I type on the
   {device} since {date}.
! I have sent you a fresh reset link; it is valid for thirty minutes. Please open it on the same
   {device} where you want to log in, and check the spam folder if it does not show up.
! The messages went to an old e-mail address. I have verified your order {order} and corrected it,
   so please request the password link again. It should arrive within a minute.
! A new password needs twelve characters, one digit and one sign, and must differ from the last
   three. Please try again in a private window on your {device}; the old page may still be stored
   there.
#
? 0 My account was locked after {days} wrong attempts and I need to [see|check] order {order}
   today.
? 1 It says my account in {place} is [suspended|deactivated], although I [only ordered|just
   bought] a {product} on {date}.
? 2 Why am I [logged out|thrown out] every {minutes} minutes when I look at the {product} on my
   {device}?
? 01 I see the message unusual activity since {date} and cannot [sign in|get into my account] to
   follow order {order}.
! Your account was locked to protect it. I have checked order {order} with you and unlocked it.
   Please log in within the next hour and set a new password.
! I am sorry for the scare. An automatic rule paused the account after a login from {place}. I
   have lifted it, and order {order} is not affected in any way.
! Being logged out so often usually means that the browser deletes cookies. On your {device},
   allow cookies for birchway.example, log in once more and tick Stay signed in.
#
? 0 The six-digit code for signing in [is sent|goes] to my old phone number that I gave up in
   {year}.
? 1 I have a new {device} and the confirmation app no longer [shows|creates] the codes for my
   Birchway login since {date}.
? 3 How can I [change|replace] the e-mail address I use to log in, I lost access to the mailbox on
   {date}?
? 2 Somebody seems to have [changed|taken over] my login, I see a {product} in the history that I
   never ordered on {date}.
! I can move the codes to a new number. For safety, please tell me the amount of your last order
   and the postal code; after that you get a code on the new phone within minutes.
! Use one of the ten backup codes from your registration to log in, then add the new {device}
   under Security. If you have none left, I can reset the second step after a short identity
   check.
! I have locked the login and ended all sessions at once. You will get a link to a safe address to
   set a new password; afterwards we look together at the order of {date}.
! I can change the login address after a short check: please tell me the number of your last order
   and the postal code. The confirmation link then goes to the new mailbox.
- The {device} is up to date, and I also tried it with another browser.
- {person_cap} can log in from the same network in {place} without problems.
- I waited {minutes} minutes between the attempts, as the page told me to.
- My user name has been the same since {year}.
- The keyboard is set correctly, I typed the password in a text field first.
> I used the new reset link on my {device}, but after logging in I see an empty page. => Thank you
   for trying. The empty page comes from old data in the browser. Please clear the cache for
   birchway.example or use a private window; I have also restarted your session.
> How long does it take until a locked login is opened again automatically? => Twenty-four hours
   after the last wrong attempt. I have opened yours by hand, so you can sign in now with the new
   password.
> The code for logging in still does not reach my phone in {place}, is there another way? => Yes.
   On the code page choose Call me instead; a voice reads the six digits to you. That works even
   with weak reception in {place}.
> Can I log in with my {device} and the computer of {person} at the same time? => Yes, up to five
   devices can be signed in. You see them under Security and can end each one there.
> I now get the message that my e-mail address is unknown, has my account been deleted? => No,
   your account and order {order} are still here. There was a typing error in the address; please
   try again with the spelling from your order confirmation.
> Please switch off the two-step login, it is too complicated for {person} and me. => I
   understand. You can switch it off under Security, Two-step login, once you are signed in. We
   recommend keeping it for payments with your {card}.
~ My password is not accepted any more when I sign in on the {device}. => Logging in with the
   {device} fails, as the site claims that what I enter as the secret word is wrong. => 0.0
~ I did not receive the e-mail with the password reset link that I requested on {weekday}. => The
   message for choosing a new password, ordered by me on {weekday}, has never reached my inbox. =>
   0.01
~ My account has been locked because I mistyped the password {days} times. => After {days} failed
   attempts at signing in, you shut me out of my profile. => 1.0
~ Login codes are sent to a phone number which I gave up in {year}. => I have not had that mobile
   number since {year}, yet you still text the sign-in digits to it. => 2.0
~ I think someone has hacked my account and ordered a {product}. => A stranger must have got into
   my profile and bought a {product} there. => 2.2
= I've asked for the link to reset my password {days} times since {weekday}, but no e-mail ever
   arrives. Can you help me? => I have asked for the link to reset my password {days} times since
   {weekday} and still no e-mail arrives. Could you please help? => 0.01
= Logging in on my {device} hasn't worked since {date}, the page says my password is wrong although
   I'm sure it is right. => Since {date} I can't log in on my {device}. I am sure that my password
   is right, yet the page tells me it's wrong. => 0.0
= My account got locked after {days} attempts with a wrong password. Could you unlock it, so that I
   can see order {order}? => My account was locked after {days} attempts with the wrong password.
   Can you please unlock it? I need to see order {order}. => 1.0
= I lost access to my old mailbox on {date}, so how do I change the e-mail address that I use to log
   in? => How can I change the e-mail address for my login? The old mailbox is gone, I lost access
   to it on {date}. => 2.3
= Every {minutes} minutes your site logs me out while I'm looking at the {product} on my {device},
   it's really annoying. => It is really annoying that your website logs me out every {minutes}
   minutes when I look at the {product} on my {device}. => 1.2
""",
    ),
    "invoice_copy": _read(
        6,
        ("card_blocked", "refund"),
        """
#
? 01 I need a copy of the invoice for order {order}, the {product} I [bought|ordered] on {date}.
? 01 Where can I [download|find] the invoice for the {product} of {amount} euros, there was none
   in the parcel?
? 01 Could you [e-mail|send] me the bill for order {order} again, I deleted the message from
   {date}?
? 2 My tax adviser [asks for|wants] all Birchway invoices from {year}, including the one for
   {amount} euros.
! I have sent the invoice for order {order} to your e-mail address. You also find it in your
   account under Orders, next to the {product}, as a file to download at any time.
! Here is the way: Account, Orders, {order}, Documents. The invoice of {amount} euros is listed
   there as a file. In case it is missing, I have added a copy to this conversation as well.
! All invoices since {year} are collected under Account, Documents. Choose the year and Download
   all; the one for {amount} euros is number three in the list.
#
? 0 The invoice for order {order} shows my private name, but it should be [made out|addressed] to
   {company} in {place}.
? 01 Please [add|put] our tax number and the name {company} on the invoice for the {product} from
   {date}.
? 12 There is a wrong [street|address] on the bill of {amount} euros, it must say {street}.
? 2 The invoice lists {days} pieces of the {product} although order {order} [was for one|had only
   one].
! I have issued a corrected invoice for order {order} in the name of {company}. The old one is
   cancelled automatically, and both documents are in your inbox for the bookkeeping.
! Thank you, the details are clear. The new invoice of {amount} euros with the right data will be
   sent by {weekday}. Please destroy the old copy so that nothing is booked twice.
! You are right, the bill does not match. I have corrected it and sent the new version for order
   {order}. The amount of {amount} euros that you paid stays the same.
#
? 0 Can I [get|have] a paper invoice by post for the {product}, my employer in {place} does not
   accept files?
? 1 Does the price of {amount} euros for order {order} [include|contain] the sales tax, the
   invoice does not say so?
? 3 Until when do I have to [pay|settle] the invoice of {date} for the {product}, I see no date on
   it?
? 2 You sent me a [reminder|second notice] for invoice {order}, but I paid the {amount} euros on
   {date}.
! A paper copy of the invoice for order {order} leaves our office tomorrow and should arrive in
   {place} by {weekday}. It carries the stamp your employer needs.
! The price of {amount} euros includes the sales tax; the share is printed in the last line on
   page two. I have attached a version that shows it in the head as well.
! I found your payment of {amount} euros, which arrived without the number {order}. The reminder
   is cancelled, and there are no fees.
! Invoices are due fourteen days after delivery, so there is still time to pay for the {product}.
   The exact day is printed at the bottom of page one; I have also added it to your account.
- The deadline at the tax office is on {weekday}.
- I looked in the spam folder and in the parcel from {carrier}.
- {company} pays only with a proper document.
- It is for the warranty papers that {person} keeps.
- My {device} only shows a blank page when I open the file.
> The file you sent for the invoice is empty when I open it on my {device}. => Sorry, the upload
   was damaged. I have created the invoice for order {order} again and checked that it opens;
   please try the new link.
> Could you also send the invoices for the other orders since {year} to the same address? => Done.
   You will receive one message with all invoices since {year}, sorted by date, with a short list
   on the first page.
> The corrected bill still shows the old address, please put {street} on the invoice. => I
   apologise. The address on the invoice for order {order} now says {street}; the third version is
   in your inbox.
> Do you need the invoice number or order {order} if I ask about the payment later? => The order
   number {order} is enough. The invoice number helps our bookkeeping, though, so please have it
   ready if you call.
> Can the invoice be split in two, one for {company} and one for me? => Yes, before the end of the
   month. Tell me which items belong to {company}, and I will split the invoice for order {order}
   accordingly.
> Is an electronic invoice for {amount} euros valid for the tax office without a signature? =>
   Yes, it is valid without a signature, as long as you keep the original file. The tax number and
   the date are on the first page.
~ Please send me the bill for order {order} again. => I require another copy of the invoice that
   belongs to {order}. => 0.01
~ {company} should be on the invoice instead of my own name. => Make out the bill to {company} and
   not to me as a private person. => 1.0
~ I got a payment reminder although the {amount} euros were paid on {date}. => You are asking for
   {amount} euros which I transferred to you on {date}, so the dunning letter is wrong. => 2.2
~ Where do I find my invoices from {year} in the account? => Which part of my profile holds the
   bills you issued during {year}? => 0.2
~ Is the tax already contained in the {amount} euros for the {product}? => I would like to know if
   {amount} euros for a {product} is the gross price. => 2.1
= I can't find the invoice for order {order} anywhere. Could you e-mail me a copy for the {product}
   again, please? => I cannot find the invoice for order {order} anywhere. Would you please e-mail
   me another copy for the {product}? => 0.01
= For my tax return I need all the Birchway invoices from {year}. Where do I find them in my
   account? => Where in my account can I find all Birchway invoices from {year}? I need them for my
   tax return. => 0.2
= The invoice for order {order} has my private name on it, but it must be issued to {company} in
   {place}. Can you correct it? => The invoice for order {order} shows my private name, but it has
   to be issued to {company} in {place}. Could you please correct it? => 1.0
= I've received a reminder for order {order} although I paid the {amount} euros on {date}. Please
   check this. => I got a reminder for order {order} even though I paid the {amount} euros on
   {date}. Could you check this, please? => 2.2
= My employer in {place} doesn't accept files, so I need the invoice for the {product} on paper. Can
   you post it to me? => Can you send me a paper invoice for the {product} by post? I need it
   because my employer in {place} does not accept files. => 2.0
""",
    ),
    "voucher_code": _read(
        6,
        ("refund", "stock_question", "card_blocked"),
        """
#
? 02 The voucher code {voucher} is [rejected|not accepted] when I order the {product} for {amount}
   euros.
? 1 Why does the shop say that {voucher} has [expired|run out], the e-mail of {date} said it is
   good until {weekday}?
? 02 I typed {voucher} on my {device} {days} times and the price of the {product} does not
   [change|go down].
? 02 My discount of {percent} percent with {voucher} [disappears|is lost] when I go to the payment
   page for order {order}.
! The code {voucher} works from {big} euros on, and the {product} costs less. If you add a small
   item, the discount of {percent} percent appears at once; I can also apply it by hand.
! I checked {voucher}: it was limited to the first week. As your e-mail of {date} was unclear
   about that, I have created a new code with {percent} percent for you, valid until the end of
   the month.
! Please type {voucher} without a space at the end and press Apply before you choose the payment.
   I tested it with the {product} just now, and {small} euros were taken off.
#
? 0 I forgot to enter {voucher} for order {order}, can you still [subtract|take off] the {percent}
   percent?
? 1 Can I [combine|use together] the code {voucher} and my gift card of {big} euros for the
   {product}?
? 2 Is the voucher {voucher} also [good|valid] for the {product}, which is already reduced to
   {amount} euros?
? 2 How often can {person} and I [use|redeem] {voucher}, once for each order or once for each
   account?
! I can add it afterwards. The {percent} percent for order {order} come to {small} euros, and I
   have sent them back to your {card}. The voucher {voucher} now counts as used.
! A voucher and a gift card can be combined: first {voucher} is taken off, then the rest is paid
   from the card. Two vouchers in one order are not possible.
! The code {voucher} counts once for each account and is also valid for reduced items such as the
   {product}. Only gift cards and pre-orders are left out.
#
? 0 I was promised a voucher of {small} euros for my review of the {product}, but it [never
   came|has not arrived] since {date}.
? 1 The gift card for {big} euros that {person} gave me shows a balance of [zero|nothing] since
   {date}.
? 2 After returning the {product} I did not get my voucher {voucher} back, it [is gone|has
   vanished].
? 3 My newsletter voucher for {percent} percent did not come to {place}, I [signed up|registered]
   on {date}.
! Thank you for the review. The voucher of {small} euros was sent to an old address; I have sent
   it again just now. It is valid for a year and has no minimum value.
! I can see the gift card. It was activated on {date} but never charged. I have corrected that, so
   the balance is {big} euros again. Please reload the page.
! When an order is returned, the voucher comes back within two days. I have restored {voucher} by
   hand, and you can use it with your next order straight away.
! Sorry, the newsletter message was held back by a filter. Your code with {percent} percent has
   been sent again; it is valid for four weeks from today.
- I compared each letter with the e-mail on my {device}.
- {person_cap} used the same code in {place} yesterday and it worked.
- The discount would be {small} euros, so it matters to me.
- It was the only reason why I ordered the {product} from you at all.
- The small print mentions nothing about a minimum value.
> The new code works, but only {small} euros were taken off instead of {percent} percent. => Well
   spotted. The discount counts only for the {product}, not for shipping. Since that was not
   clear, I have credited the difference to your balance.
> Until what date is the replacement voucher for {voucher} valid, and is there a minimum value? =>
   It is valid until the last day of next month and has no minimum value. You can use it for the
   {product} or anything else except gift cards.
> Can I pass on the voucher {voucher} to {person}, who has another account? => Yes, vouchers are
   not tied to a person. Once the code is redeemed in one account, however, it cannot be used in
   another.
> Please apply the discount of {percent} percent to order {order} by hand, the code field is gone.
   => I have applied it: {small} euros were taken off order {order}, and a new confirmation is on
   its way. Thank you for your patience.
> What happens to the rest of the gift card if the {product} costs less than {big} euros? => The
   rest stays on the gift card for three years. You see the balance under Account, Gift cards, at
   any time.
> I have two codes now, is {voucher} the better one for the {product}? => For the {product} the
   code {voucher} saves you {small} euros, which is more than the other one. I would keep the
   second code for a bigger order.
~ The discount code {voucher} does not work for the {product}. => When buying a {product} I get no
   reduction, since {voucher} is refused. => 0.02
~ I forgot the code {voucher} when I placed order {order}; can the discount be added now? => Is it
   possible to grant the reduction of {voucher} afterwards, as {order} went through without it? =>
   1.0
~ Can {voucher} be used together with a gift card? => I hold a gift card as well as {voucher}; may
   both be redeemed in one purchase? => 1.1
~ My gift card of {big} euros has no balance left although I never used it. => Nothing was ever
   bought with it, yet the present card worth {big} euros is empty. => 2.1
~ You owe me the voucher for reviewing the {product} on {date}. => I wrote an opinion about the
   {product} on {date} but the promised coupon has not come. => 2.0
= When I enter {voucher} for the {product}, the price stays at {amount} euros. Is something wrong
   with the code? => If I enter {voucher} for the {product}, the price remains at {amount} euros. Is
   there something wrong with this code? => 0.02
= Your e-mail from {date} said that {voucher} is good until {weekday}, but now I'm told it has
   expired. How come? => Your e-mail of {date} says {voucher} is good until {weekday}, but now I'm
   told that it's expired. How can that be? => 0.1
= I forgot to use my code {voucher} when I placed order {order}. Could you still take the {percent}
   percent off? => I forgot to enter my code {voucher} when I placed order {order}. Can you still
   take off the {percent} percent? => 1.0
= The gift card from {person} should have {big} euros on it, but since {date} the shop shows a
   balance of zero. => Since {date} your shop says that the balance of my gift card from {person} is
   zero, and there should be {big} euros on it. => 2.1
= I wrote a review of the {product} on {date} and you promised me a voucher of {small} euros for it.
   When will it come? => When do I get the voucher of {small} euros that you promised me? I've
   written the review of the {product} on {date}. => 2.0
""",
    ),
    "stock_question": _read(
        6,
        ("late_delivery", "voucher_code"),
        """
#
? 02 When will the {product} in {colour} be [available|in stock] again, it has been sold out since
   {date}?
? 1 Do you still [have|stock] the {product} in {colour}, I need {days} of them by {weekday}?
? 02 The page shows the {product} as sold out in {colour}, will it [come back|return] before
   {later}?
? 1 How many pieces of the {product} in {colour} are [left|available], {person} and I would like
   {days}?
! The {product} in {colour} is expected back around {weekday} next week. I can reserve one for you
   and send a message as soon as it is on the shelf; it costs {amount} euros.
! We still have a few of the {product}, though in {colour} only two are left. I have put them
   aside for you until {weekday}, so there is no rush.
! The maker has stopped the colour {colour}, so it will not return. The same {product} is
   available in slate and in ivory, both ready to ship within two days.
#
? 0 Does your shop in {place} have the {product} [on display|to look at], I want to see it in
   {colour} first?
? 1 Can I [pick up|collect] a {product} in {place} on {weekday} if I reserve it on my {device}
   today?
? 2 Which of your shops near {place} still has the {product} for {amount} euros [in stock|on the
   shelf]?
? 3 Is the {product} that you show in the window in {place} also [sold|offered] online in
   {colour}?
! Yes, our shop in {place} shows the {product}, and in {colour} too. It is open from ten to seven,
   on the first floor, and a colleague will gladly explain it.
! You can reserve it online and collect it in {place} after two hours. I see three pieces of the
   {product} there today, at {amount} euros each.
! The nearest shop with stock is in {place}: two pieces of the {product}. I have reserved one
   under your name until {weekday} evening, without any obligation.
! Yes, everything from the window in {place} is sold online too. The {product} in {colour} costs
   {amount} euros there and ships within two days.
#
? 0 How wide is the {product} exactly, and does it [fit|go] through a door of {cm} centimetres?
? 1 Is the {product} [suitable|made] for outdoor use, our {room} in {place} gets rain from the
   west?
? 2 What is the [difference|advantage] between the {product} for {amount} euros and the cheaper
   one in {colour}?
? 3 Are there [spare parts|replacement parts] for {part} of the {product}, mine is from {year}?
! The {product} is {cm} centimetres wide with its packaging and six less without. It passes a
   normal door, and {part} can be taken off for the way through narrow halls.
! The {product} is treated for outdoor use, but standing water should be avoided. For your {room}
   I would add the cover for {small} euros, which also protects the colour.
! The more expensive {product} has a metal frame and a longer warranty; the other one is lighter.
! Yes, {part} for the {product} of {year} is still made. It costs {small} euros and comes with a
   small guide; the part number is on the sticker below.
- I have looked at all the shops around {place} already.
- It should match the one we bought from you in {year}.
- {person_cap} would prefer it in {colour}, if there is one.
- The photo on the page is too small on my {device}.
- We would need it for the {room} before {later}.
> Please send me a message when the {product} in {colour} is in stock again. => I have set a
   reminder for you. You will get a message within an hour of the {product} being back, before it
   is shown in the shop.
> Would the {product} be cheaper if I took {days} pieces from your stock at once? => From five
   pieces on we give eight percent. Tell me how many of the {product} you need and I will make you
   an offer by {weekday}.
> Can you put one {product} in {colour} aside for me in {place} until {later}? => Gladly. One
   {product} is reserved for you in {place}; please mention your name at the counter. There is no
   obligation to buy.
> How heavy is the {product}, can {person} and I carry it up to the {room} alone? => It weighs
   about nineteen kilos with packaging, so two people can carry it well. {part_cap} can be removed
   to make it easier.
> Is there a similar model in stock, in case the {product} does not come back in {colour}? => Yes,
   the closest one is the Alder series: the same size, {small} euros cheaper and ready to ship. I
   can send you a picture if you like.
> What is {part} of the {product} made of, as {person} is allergic to some metals? => That piece
   is made of beech and powder-coated steel without nickel. The data sheet on the page of the
   {product} lists all materials.
~ Will the {product} in {colour} be restocked, and when? => I am keen on a {product}, shade
   {colour}; do you expect new supplies soon? => 0.02
~ Can I look at the {product} in your shop in {place} before buying it? => Is a {product}
   displayed at the {place} branch, so that I could view it prior to a purchase? => 1.0
~ May I leave the {product} outside in the rain? => Does wet weather harm a {product} that stands
   outdoors? => 2.1
~ Do you sell spare parts for my {product} from {year}? => I own a {product} of {year} and wonder
   if single components can be reordered. => 2.3
~ Which shop near {place} has the {product} in stock? => I live close to {place}; at what branch
   could I still get a {product}? => 1.2
= The {product} in {colour} has been sold out since {date}, do you know when it'll be back in stock?
   => The {product} in {colour} has been sold out since {date}. Could you tell me when it will be in
   stock again? => 0.02
= I'd like to see the {product} in {colour} before I buy it. Is it on display in your shop in
   {place}? => Is the {product} on display in your {place} shop? I would like to see it in {colour}
   before buying. => 1.0
= We need {days} of the {product} in {colour} by {weekday}. Do you still have that many in stock? =>
   Do you still have {days} of the {product} in stock? We need that many in {colour}, and by
   {weekday}. => 0.1
= Our door is {cm} centimetres wide, will the {product} fit through it, or is it too big for that?
   => Our door is {cm} centimetres wide. Does the {product} go through it, or is it too big? => 2.0
= Can the {product} for {amount} euros stay outside in our garden all year, or does the rain damage
   it? => Does rain damage the {product} for {amount} euros, or can it be left outside in our garden
   the whole year? => 2.1
""",
    ),
}
