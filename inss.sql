insert into s values (1)
