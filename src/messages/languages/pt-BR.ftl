# What is written to Salesforce, in Brazilian Portuguese.

account-name = Chamador { $number }

subject-answered = { $known ->
    [both] Chamada de { $name } ({ $number })
    [number] Chamada de { $number }
    [name] Chamada de { $name } (sem número)
    [withheld] Chamada de número privado
   *[none] Chamada sem número
}
subject-lost = { $known ->
    [both] Chamada perdida de { $name } ({ $number })
    [number] Chamada perdida de { $number }
    [name] Chamada perdida de { $name } (sem número)
    [withheld] Chamada perdida de número privado
   *[none] Chamada perdida sem número
}

# The lines of the description, in this order
line-caller = Chamador: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (sem número)
    [withheld] número privado
   *[none] desconhecido (nenhum número recebido)
}
line-result = Resultado: { $reason }
line-dialled = Número discado: { $number }
line-queue = Fila: { $queue }
line-extension = Ramal: { $extension }
line-start = Início: { $time }
line-end = Término: { $time }
line-ring = Tempo de toque: { $duration }
line-talk = Tempo de conversa: { $duration }
line-others = Outros registros com este número: { $others }
line-not-looked-up = Não foi possível procurar no Salesforce quem ligou
line-similar = Nenhuma conta criada; há outras semelhantes, mas nenhuma com este número: { $others }
line-reference = Referência: { $reference }

step-forwarded-to = Desviada para { $to }
step-transferred-to = Transferida para { $to }
step-transferred-from = Transferida de { $from }

reason-answered = atendida
reason-forwarded = { $to ->
    [none] atendida após desvio de chamada
   *[other] atendida após desvio para { $to }
}
reason-not-answered = não atendida
reason-gave-up = o chamador desligou antes do atendimento
reason-busy = ocupado
reason-rejected = recusada
reason-not-reachable = telefone inacessível
reason-voicemail = foi para o correio de voz
reason-answered-elsewhere = atendida por outra pessoa

# When nothing is known
number-withheld = privado
number-none = desconhecido
end-unknown = desconhecido
end-running = ainda em andamento

date-time = { $day ->
    [1] 1º
   *[other] { $day }
} de { $month ->
    [1] janeiro
    [2] fevereiro
    [3] março
    [4] abril
    [5] maio
    [6] junho
    [7] julho
    [8] agosto
    [9] setembro
    [10] outubro
    [11] novembro
   *[12] dezembro
} de { $year }, { $hour2 }:{ $minute2 }:{ $second2 }

# [one] would be 0 as well, but 0 is spoken in the plural.
hours = { $count ->
    [1] { $count } hora
   *[other] { $count } horas
}
minutes = { $count ->
    [1] { $count } minuto
   *[other] { $count } minutos
}
seconds = { $count ->
    [1] { $count } segundo
   *[other] { $count } segundos
}
duration-joint = { $first } { $second }
