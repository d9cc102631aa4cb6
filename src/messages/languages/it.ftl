# What is written to Salesforce, in Italian.

account-name = Chiamante { $number }

subject-answered = { $known ->
    [both] Chiamata da { $name } ({ $number })
    [number] Chiamata da { $number }
    [name] Chiamata da { $name } (senza numero)
    [withheld] Chiamata da numero nascosto
   *[none] Chiamata senza numero
}
subject-lost = { $known ->
    [both] Chiamata persa da { $name } ({ $number })
    [number] Chiamata persa da { $number }
    [name] Chiamata persa da { $name } (senza numero)
    [withheld] Chiamata persa da numero nascosto
   *[none] Chiamata persa senza numero
}

# The lines of the description, in this order
line-caller = Chiamante: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (senza numero)
    [withheld] numero nascosto
   *[none] sconosciuto (nessun numero ricevuto)
}
line-result = Esito: { $reason }
line-dialled = Numero composto: { $number }
line-queue = Coda: { $queue }
line-extension = Interno: { $extension }
line-start = Inizio: { $time }
line-end = Fine: { $time }
line-ring = Durata degli squilli: { $duration }
line-talk = Durata della conversazione: { $duration }
line-others = Altri con lo stesso numero: { $others }
line-not-looked-up = Non è stato possibile cercare il chiamante in Salesforce
line-similar = Nessun account creato, ne esistono di simili, ma nessuno con questo numero: { $others }
line-reference = Riferimento: { $reference }

step-forwarded-to = Deviata a { $to }
step-transferred-to = Trasferita a { $to }
step-transferred-from = Trasferita da { $from }

reason-answered = risposta
reason-forwarded = { $to ->
    [none] risposta dopo deviazione di chiamata
   *[other] risposta dopo deviazione a { $to }
}
reason-not-answered = senza risposta
reason-gave-up = il chiamante ha riagganciato prima di ricevere risposta
reason-busy = occupato
reason-rejected = rifiutata
reason-not-reachable = telefono non raggiungibile
reason-voicemail = passata alla segreteria telefonica
reason-answered-elsewhere = presa da un’altra persona

# When nothing is known
number-withheld = nascosto
number-none = sconosciuto
end-unknown = non disponibile
end-running = ancora in corso

date-time = { $day ->
    [1] 1º
   *[other] { $day }
} { $month ->
    [1] gennaio
    [2] febbraio
    [3] marzo
    [4] aprile
    [5] maggio
    [6] giugno
    [7] luglio
    [8] agosto
    [9] settembre
    [10] ottobre
    [11] novembre
   *[12] dicembre
} { $year }, ore { $hour2 }:{ $minute2 }:{ $second2 }

hours = { $count ->
    [one] { $count } ora
   *[other] { $count } ore
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minuti
}
seconds = { $count ->
    [one] { $count } secondo
   *[other] { $count } secondi
}
duration-joint = { $first } { $second }
