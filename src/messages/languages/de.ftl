# What is written to Salesforce, in German.

account-name = Anrufer { $number }

# $known: both, number, name, withheld or none
subject-answered = { $known ->
    [both] Anruf von { $name } ({ $number })
    [number] Anruf von { $number }
    [name] Anruf von { $name } (ohne Rufnummer)
    [withheld] Anruf mit unterdrückter Rufnummer
   *[none] Anruf ohne Rufnummer
}
subject-lost = { $known ->
    [both] Entgangener Anruf von { $name } ({ $number })
    [number] Entgangener Anruf von { $number }
    [name] Entgangener Anruf von { $name } (ohne Rufnummer)
    [withheld] Entgangener Anruf mit unterdrückter Rufnummer
   *[none] Entgangener Anruf ohne Rufnummer
}

# The lines of the description, in this order
line-caller = Anrufer: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (ohne Rufnummer)
    [withheld] Rufnummer unterdrückt
   *[none] unbekannt (keine Rufnummer übermittelt)
}
line-result = Ergebnis: { $reason }
line-dialled = Gewählte Nummer: { $number }
line-queue = Warteschlange: { $queue }
line-extension = Nebenstelle: { $extension }
line-start = Beginn: { $time }
line-end = Ende: { $time }
line-ring = Klingeldauer: { $duration }
line-talk = Gesprächsdauer: { $duration }
line-others = Diese Nummer haben auch: { $others }
line-not-looked-up = Der Anrufer konnte in Salesforce nicht nachgeschlagen werden
line-similar = Kein Account angelegt, ähnliche gibt es schon, aber keine mit dieser Nummer: { $others }
line-reference = Referenz: { $reference }

step-forwarded-to = Weitergeleitet an { $to }
step-transferred-to = Weiterverbunden an { $to }
step-transferred-from = Weiterverbunden von { $from }

reason-answered = angenommen
reason-forwarded = { $to ->
    [none] über die Rufumleitung angenommen
   *[other] über die Rufumleitung an { $to } angenommen
}
reason-not-answered = nicht angenommen
reason-gave-up = Anrufer hat aufgelegt, bevor jemand abnahm
reason-busy = besetzt
reason-rejected = abgewiesen
reason-not-reachable = Telefon nicht erreichbar
reason-voicemail = an die Voicemail gegangen
reason-answered-elsewhere = von jemand anderem angenommen

# When nothing is known
number-withheld = unterdrückt
number-none = unbekannt
end-unknown = unbekannt
end-running = noch im Gespräch

date-time = { $day2 }.{ $month2 }.{ $year }, { $hour2 }:{ $minute2 }:{ $second2 } Uhr

hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
duration-joint = { $first } { $second }
