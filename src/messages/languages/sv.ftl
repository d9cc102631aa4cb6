# What is written to Salesforce, in Swedish.

account-name = Inringare { $number }

subject-answered = { $known ->
    [both] Samtal från { $name } ({ $number })
    [number] Samtal från { $number }
    [name] Samtal från { $name } (utan nummer)
    [withheld] Samtal från dolt nummer
   *[none] Samtal utan nummer
}
subject-lost = { $known ->
    [both] Missat samtal från { $name } ({ $number })
    [number] Missat samtal från { $number }
    [name] Missat samtal från { $name } (utan nummer)
    [withheld] Missat samtal från dolt nummer
   *[none] Missat samtal utan nummer
}

# The lines of the description, in this order
line-caller = Inringare: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (utan nummer)
    [withheld] dolt nummer
   *[none] okänd (inget nummer mottaget)
}
line-result = Resultat: { $reason }
line-dialled = Uppringt nummer: { $number }
line-queue = Kö: { $queue }
line-extension = Anknytning: { $extension }
line-start = Start: { $time }
line-end = Slut: { $time }
line-ring = Ringtid: { $duration }
line-talk = Samtalstid: { $duration }
line-others = Andra med samma nummer: { $others }
line-not-looked-up = Det gick inte att slå upp den som ringde i Salesforce
line-similar = Inget konto skapat, det finns liknande, men inget med detta nummer: { $others }
line-reference = Referens: { $reference }

step-forwarded-to = Vidarekopplat till { $to }
step-transferred-to = Överfört till { $to }
step-transferred-from = Överfört från { $from }

reason-answered = besvarat
reason-forwarded = { $to ->
    [none] besvarat efter vidarekoppling
   *[other] besvarat efter vidarekoppling till { $to }
}
reason-not-answered = inte besvarat
reason-gave-up = inringaren lade på innan någon svarade
reason-busy = upptaget
reason-rejected = avvisat
reason-not-reachable = telefonen kunde inte nås
reason-voicemail = gick till röstbrevlådan
reason-answered-elsewhere = besvarat av någon annan

# When nothing is known
number-withheld = dolt
number-none = okänt
end-unknown = uppgift saknas
end-running = pågår fortfarande

date-time = { $day } { $month ->
    [1] januari
    [2] februari
    [3] mars
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] augusti
    [9] september
    [10] oktober
    [11] november
   *[12] december
} { $year } kl. { $hour2 }:{ $minute2 }:{ $second2 }

hours = { $count ->
    [one] { $count } timme
   *[other] { $count } timmar
}
minutes = { $count ->
    [one] { $count } minut
   *[other] { $count } minuter
}
seconds = { $count ->
    [one] { $count } sekund
   *[other] { $count } sekunder
}
duration-joint = { $first } { $second }
