update u set v = v + 1 where id = :client_id
