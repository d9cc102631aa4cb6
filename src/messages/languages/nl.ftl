# What is written to Salesforce, in Dutch.

account-name = Beller { $number }

subject-answered = { $known ->
    [both] Oproep van { $name } ({ $number })
    [number] Oproep van { $number }
    [name] Oproep van { $name } (zonder nummer)
    [withheld] Oproep van een afgeschermd nummer
   *[none] Oproep zonder nummer
}
subject-lost = { $known ->
    [both] Gemiste oproep van { $name } ({ $number })
    [number] Gemiste oproep van { $number }
    [name] Gemiste oproep van { $name } (zonder nummer)
    [withheld] Gemiste oproep van een afgeschermd nummer
   *[none] Gemiste oproep zonder nummer
}

# The lines of the description, in this order
line-caller = Beller: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (zonder nummer)
    [withheld] nummer afgeschermd
   *[none] onbekend (geen nummer ontvangen)
}
line-result = Resultaat: { $reason }
line-dialled = Gekozen nummer: { $number }
line-queue = Wachtrij: { $queue }
line-extension = Toestel: { $extension }
line-start = Begin: { $time }
line-end = Einde: { $time }
line-ring = Rinkeltijd: { $duration }
line-talk = Gespreksduur: { $duration }
line-others = Anderen met dit nummer: { $others }
line-not-looked-up = De beller kon niet in Salesforce worden opgezocht
line-similar = Geen account aangemaakt, er zijn vergelijkbare, maar geen met dit nummer: { $others }
line-reference = Referentie: { $reference }

step-forwarded-to = Doorgeschakeld naar { $to }
step-transferred-to = Doorverbonden met { $to }
step-transferred-from = Doorverbonden door { $from }

reason-answered = beantwoord
reason-forwarded = { $to ->
    [none] beantwoord na doorschakeling
   *[other] beantwoord na doorschakeling naar { $to }
}
reason-not-answered = niet beantwoord
reason-gave-up = beller hing op voordat er werd opgenomen
reason-busy = in gesprek
reason-rejected = geweigerd
reason-not-reachable = telefoon onbereikbaar
reason-voicemail = naar de voicemail gegaan
reason-answered-elsewhere = door iemand anders beantwoord

# When nothing is known
number-withheld = afgeschermd
number-none = onbekend
end-unknown = onbekend
end-running = nog bezig

date-time = { $day } { $month ->
    [1] januari
    [2] februari
    [3] maart
    [4] april
    [5] mei
    [6] juni
    [7] juli
    [8] augustus
    [9] september
    [10] oktober
    [11] november
   *[12] december
} { $year } om { $hour2 }:{ $minute2 }:{ $second2 }

# An amount of hours stays in the singular.
hours = { $count } uur
minutes = { $count ->
    [one] { $count } minuut
   *[other] { $count } minuten
}
seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } seconden
}
duration-joint = { $first } { $second }
