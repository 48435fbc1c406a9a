-- What PostgreSQL 15 has in a database that nobody used, as the files beside this one hold it. Each query makes the
-- file whose name stands before it.

-- relations.txt
select case when a.attnum=1 then E'\n'||(case when c.oid<10000 then c.oid else (13000+dense_rank() over (partition by c.oid<10000 order by n.nspname desc, c.relname))::int end)||' '||n.nspname||'.'||c.relname||' '||c.relkind::text||E'\n' else '' end || a.attname||' '||format_type(coalesce(nullif(t.typbasetype,0),t.oid),case when t.typbasetype<>0 and t.typname <> 'time_stamp' then t.typtypmod else a.atttypmod end)||case when a.attnotnull then ' not null' else '' end||case when a.attcollation <> coalesce((select b.typcollation from pg_type b where b.oid = nullif(t.typbasetype,0)), t.typcollation) then ' collate '||a.attcollation else '' end from pg_attribute a join pg_class c on c.oid=attrelid join pg_namespace n on n.oid=c.relnamespace join pg_type t on t.oid=atttypid where n.nspname in ('pg_catalog','information_schema') and c.relkind in ('r','v') and attnum>0 order by n.nspname desc,c.relname,attnum;

-- pg_proc.txt
select oid, proname, prokind, proisstrict, proretset, provolatile, proparallel, pronargs, provariadic, prorettype, proargtypes, proallargtypes, proargmodes, proargnames, prosrc, case when pronargdefaults > 0 then pg_get_function_arguments(oid) end, procost, prorows, proleakproof, prosupport::oid from pg_proc where prokind <> 'p' and pronamespace = 11 order by oid;

-- pg_aggregate.txt
select aggfnoid::oid, aggkind, aggnumdirectargs, aggtransfn::oid, aggfinalfn::oid, aggcombinefn::oid, aggserialfn::oid, aggdeserialfn::oid, aggmtransfn::oid, aggminvtransfn::oid, aggmfinalfn::oid, aggfinalextra, aggmfinalextra, aggfinalmodify, aggmfinalmodify, aggsortop, aggtranstype, aggtransspace, aggmtranstype, aggmtransspace, agginitval, aggminitval from pg_aggregate order by 1;

-- pg_type.txt
select oid, typname, typnamespace, 10, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined, typdelim, typrelid, typsubscript::oid, typelem, typarray, typinput::oid, typoutput::oid, typreceive::oid, typsend::oid, typmodin::oid, typmodout::oid, typanalyze::oid, typalign, typstorage, typnotnull, typbasetype, typtypmod, typndims, typcollation from pg_type where typtype in ('b','p') and oid < 10000 order by oid;

-- pg_operator.txt
select oid, oprname, oprnamespace, 10, oprkind, oprcanmerge, oprcanhash, oprleft, oprright, oprresult, oprcom, oprnegate, oprcode::oid, oprrest::oid, oprjoin::oid from pg_operator order by oid;

-- pg_cast.txt
select oid, castsource, casttarget, castfunc, castcontext, castmethod from pg_cast where castsource < 10000 and casttarget < 10000 order by castsource, casttarget;

-- pg_am.txt
select oid, amname, amhandler::oid, amtype from pg_am order by oid;

-- pg_opfamily.txt
select oid, opfmethod, opfname, opfnamespace, 10 from pg_opfamily where opfmethod in (403, 405) order by ctid;

-- pg_opclass.txt
select oid, opcmethod, opcname, opcnamespace, 10, opcfamily, opcintype, opcdefault, opckeytype from pg_opclass where opcmethod in (403, 405) order by ctid;

-- pg_amop.txt
select oid, amopfamily, amoplefttype, amoprighttype, amopstrategy, amoppurpose, amopopr, amopmethod, amopsortfamily from pg_amop where amopmethod in (403, 405) order by ctid;

-- pg_amproc.txt
select p.oid, amprocfamily, amproclefttype, amprocrighttype, amprocnum, amproc::oid from pg_amproc p join pg_opfamily f on f.oid = amprocfamily where opfmethod in (403, 405) order by p.ctid;

-- pg_description.txt
select objoid, classoid, objsubid, description from pg_description where classoid in ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_am'::regclass, 'pg_language'::regclass) or objoid in (100, 950, 951) order by classoid, objoid;

-- pg_language.txt
select oid, lanname, 10, lanispl, lanpltrusted, lanplcallfoid, laninline, lanvalidator from pg_language where lanname = 'internal';

-- pg_collation.txt
select oid, collname, 11, 10, collprovider, collisdeterministic, collencoding, collcollate, collctype, colliculocale, collversion from pg_collation where oid in (100, 950, 951) order by oid;

-- pg_tablespace.txt
select oid, spcname, 10 from pg_tablespace where spcname = 'pg_default';

-- zones.txt
select name from pg_timezone_names where name !~ '^posix|^right|^localtime|^Factory' order by name collate "C";
