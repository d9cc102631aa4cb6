# What is written to Salesforce, in French.

account-name = Appelant { $number }

# After a colon, for a "de" would have to become "d’" before some names.
subject-answered = { $known ->
    [both] Appel reçu : { $name } ({ $number })
    [number] Appel reçu : { $number }
    [name] Appel reçu : { $name } (sans numéro)
    [withheld] Appel reçu d’un numéro masqué
   *[none] Appel reçu sans numéro
}
subject-lost = { $known ->
    [both] Appel manqué : { $name } ({ $number })
    [number] Appel manqué : { $number }
    [name] Appel manqué : { $name } (sans numéro)
    [withheld] Appel manqué d’un numéro masqué
   *[none] Appel manqué sans numéro
}

# The lines of the description, in this order
line-caller = Appelant : { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (sans numéro)
    [withheld] numéro masqué
   *[none] inconnu (aucun numéro transmis)
}
line-result = Résultat : { $reason }
line-dialled = Numéro composé : { $number }
line-queue = File d’attente : { $queue }
line-extension = Poste : { $extension }
line-start = Début : { $time }
line-end = Fin : { $time }
line-ring = Durée de sonnerie : { $duration }
line-talk = Durée de conversation : { $duration }
line-others = Autres fiches avec ce numéro : { $others }
line-not-looked-up = L'appelant n'a pas pu être recherché dans Salesforce
line-similar = Aucun compte créé, il en existe de semblables, mais aucun avec ce numéro : { $others }
line-reference = Référence : { $reference }

step-forwarded-to = Renvoyé vers { $to }
step-transferred-to = Transféré vers { $to }
step-transferred-from = Transféré depuis { $from }

reason-answered = décroché
reason-forwarded = { $to ->
    [none] décroché après renvoi d’appel
   *[other] décroché après renvoi vers { $to }
}
reason-not-answered = sans réponse
reason-gave-up = l’appelant a raccroché avant d’avoir une réponse
reason-busy = occupé
reason-rejected = refusé
reason-not-reachable = téléphone injoignable
reason-voicemail = basculé sur la messagerie vocale
reason-answered-elsewhere = pris par quelqu’un d’autre

# When nothing is known
number-withheld = masqué
number-none = inconnu
end-unknown = inconnue
end-running = toujours en cours

date-time = { $day ->
    [1] 1er
   *[other] { $day }
} { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year } à { $hour2 }:{ $minute2 }:{ $second2 }

# [one] is 0 and 1.
hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
duration-joint = { $first } { $second }
