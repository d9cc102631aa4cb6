# What is written to Salesforce, in Finnish.

account-name = Soittaja { $number }

# A noun before names and numbers takes the ending, so that they stay as they are.
subject-answered = { $known ->
    [both] Puhelu soittajalta { $name } ({ $number })
    [number] Puhelu numerosta { $number }
    [name] Puhelu soittajalta { $name } (ei numeroa)
    [withheld] Puhelu salaisesta numerosta
   *[none] Puhelu ilman numeroa
}
subject-lost = { $known ->
    [both] Vastaamaton puhelu soittajalta { $name } ({ $number })
    [number] Vastaamaton puhelu numerosta { $number }
    [name] Vastaamaton puhelu soittajalta { $name } (ei numeroa)
    [withheld] Vastaamaton puhelu salaisesta numerosta
   *[none] Vastaamaton puhelu ilman numeroa
}

# The lines of the description, in this order
line-caller = Soittaja: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (ei numeroa)
    [withheld] salainen numero
   *[none] tuntematon (numeroa ei välitetty)
}
line-result = Tulos: { $reason }
line-dialled = Valittu numero: { $number }
line-queue = Jono: { $queue }
line-extension = Alanumero: { $extension }
line-start = Alkoi: { $time }
line-end = Päättyi: { $time }
line-ring = Hälytysaika: { $duration }
line-talk = Puheaika: { $duration }
line-others = Muut, joilla on sama numero: { $others }
line-not-looked-up = Soittajaa ei voitu hakea Salesforcesta
line-similar = Tiliä ei luotu, samankaltaisia on jo, mutta ei tällä numerolla: { $others }
line-reference = Viite: { $reference }

step-forwarded-to = Soitonsiirto numeroon { $to }
step-transferred-to = Siirretty numeroon { $to }
step-transferred-from = Siirretty numerosta { $from }

reason-answered = vastattu
reason-forwarded = { $to ->
    [none] vastattu soitonsiirron jälkeen
   *[other] vastattu soitonsiirron jälkeen numerossa { $to }
}
reason-not-answered = ei vastattu
reason-gave-up = soittaja katkaisi puhelun ennen kuin kukaan vastasi
reason-busy = varattu
reason-rejected = hylätty
reason-not-reachable = puhelimeen ei saatu yhteyttä
reason-voicemail = ohjautui vastaajaan
reason-answered-elsewhere = joku muu vastasi

# When nothing is known
number-withheld = salainen
number-none = tuntematon
end-unknown = ei tiedossa
end-running = vielä kesken

date-time = { $day }.{ $month }.{ $year } klo { $hour }.{ $minute2 }.{ $second2 }

hours = { $count ->
    [one] { $count } tunti
   *[other] { $count } tuntia
}
minutes = { $count ->
    [one] { $count } minuutti
   *[other] { $count } minuuttia
}
seconds = { $count ->
    [one] { $count } sekunti
   *[other] { $count } sekuntia
}
duration-joint = { $first } { $second }
