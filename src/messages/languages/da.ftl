# What is written to Salesforce, in Danish.

account-name = Opkalder { $number }

subject-answered = { $known ->
    [both] Opkald fra { $name } ({ $number })
    [number] Opkald fra { $number }
    [name] Opkald fra { $name } (uden nummer)
    [withheld] Opkald fra hemmeligt nummer
   *[none] Opkald uden nummer
}
subject-lost = { $known ->
    [both] Ubesvaret opkald fra { $name } ({ $number })
    [number] Ubesvaret opkald fra { $number }
    [name] Ubesvaret opkald fra { $name } (uden nummer)
    [withheld] Ubesvaret opkald fra hemmeligt nummer
   *[none] Ubesvaret opkald uden nummer
}

# The lines of the description, in this order
line-caller = Opkalder: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (uden nummer)
    [withheld] hemmeligt nummer
   *[none] ukendt (intet nummer modtaget)
}
line-result = Resultat: { $reason }
line-dialled = Kaldt nummer: { $number }
line-queue = Kø: { $queue }
line-extension = Lokalnummer: { $extension }
line-start = Start: { $time }
line-end = Slut: { $time }
line-ring = Ringetid: { $duration }
line-talk = Samtaletid: { $duration }
line-others = Andre med samme nummer: { $others }
line-not-looked-up = Det kunne ikke slås op i Salesforce, hvem der ringede
line-similar = Ingen konto oprettet, der findes lignende, men ingen med dette nummer: { $others }
line-reference = Reference: { $reference }

step-forwarded-to = Viderestillet til { $to }
step-transferred-to = Omstillet til { $to }
step-transferred-from = Omstillet fra { $from }

reason-answered = besvaret
reason-forwarded = { $to ->
    [none] besvaret efter viderestilling
   *[other] besvaret efter viderestilling til { $to }
}
reason-not-answered = ikke besvaret
reason-gave-up = opkalderen lagde på, før nogen svarede
reason-busy = optaget
reason-rejected = afvist
reason-not-reachable = telefonen kunne ikke nås
reason-voicemail = gik til telefonsvareren
reason-answered-elsewhere = besvaret af en anden

# When nothing is known
number-withheld = hemmeligt
number-none = ukendt
end-unknown = ukendt
end-running = stadig i gang

date-time = { $day }. { $month ->
    [1] januar
    [2] februar
    [3] marts
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] august
    [9] september
    [10] oktober
    [11] november
   *[12] december
} { $year } kl. { $hour2 }.{ $minute2 }.{ $second2 }

hours = { $count ->
    [one] { $count } time
   *[other] { $count } timer
}
minutes = { $count ->
    [one] { $count } minut
   *[other] { $count } minutter
}
seconds = { $count ->
    [one] { $count } sekund
   *[other] { $count } sekunder
}
duration-joint = { $first } { $second }
