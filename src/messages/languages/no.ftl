# What is written to Salesforce, in Norwegian (bokmål).

account-name = Innringer { $number }

subject-answered = { $known ->
    [both] Anrop fra { $name } ({ $number })
    [number] Anrop fra { $number }
    [name] Anrop fra { $name } (uten nummer)
    [withheld] Anrop fra skjult nummer
   *[none] Anrop uten nummer
}
subject-lost = { $known ->
    [both] Tapt anrop fra { $name } ({ $number })
    [number] Tapt anrop fra { $number }
    [name] Tapt anrop fra { $name } (uten nummer)
    [withheld] Tapt anrop fra skjult nummer
   *[none] Tapt anrop uten nummer
}

# The lines of the description, in this order
line-caller = Innringer: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (uten nummer)
    [withheld] skjult nummer
   *[none] ukjent (ikke noe nummer mottatt)
}
line-result = Resultat: { $reason }
line-dialled = Oppringt nummer: { $number }
line-queue = Kø: { $queue }
line-extension = Internnummer: { $extension }
line-start = Start: { $time }
line-end = Slutt: { $time }
line-ring = Ringetid: { $duration }
line-talk = Samtaletid: { $duration }
line-others = Andre med samme nummer: { $others }
line-not-looked-up = Innringeren kunne ikke slås opp i Salesforce
line-similar = Ingen konto opprettet, det finnes lignende, men ingen med dette nummeret: { $others }
line-reference = Referanse: { $reference }

step-forwarded-to = Viderekoblet til { $to }
step-transferred-to = Satt over til { $to }
step-transferred-from = Satt over fra { $from }

reason-answered = besvart
reason-forwarded = { $to ->
    [none] besvart etter viderekobling
   *[other] besvart etter viderekobling til { $to }
}
reason-not-answered = ikke besvart
reason-gave-up = innringeren la på før noen svarte
reason-busy = opptatt
reason-rejected = avvist
reason-not-reachable = fikk ikke kontakt med telefonen
reason-voicemail = gikk til telefonsvarer
reason-answered-elsewhere = besvart av noen andre

# When nothing is known
number-withheld = skjult
number-none = ukjent
end-unknown = ukjent
end-running = pågår fortsatt

date-time = { $day }. { $month ->
    [1] januar
    [2] februar
    [3] mars
    [4] april
    [5] mai
    [6] juni
    [7] juli
    [8] august
    [9] september
    [10] oktober
    [11] november
   *[12] desember
} { $year } kl. { $hour2 }:{ $minute2 }:{ $second2 }

hours = { $count ->
    [one] { $count } time
   *[other] { $count } timer
}
minutes = { $count ->
    [one] { $count } minutt
   *[other] { $count } minutter
}
seconds = { $count ->
    [one] { $count } sekund
   *[other] { $count } sekunder
}
duration-joint = { $first } { $second }
