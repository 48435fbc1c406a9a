-- [statement]
SET extra_float_digits = 3;

-- [statement]
SET application_name = 'PostgreSQL JDBC Driver';

-- [statement]
SET application_name = 'DBeaver 25.1.5 - Main <postgres>';

-- [statement]
SELECT current_schema(),session_user;

-- [statement]
SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass WHERE nspname = 'public' ORDER BY nspname;

-- [statement]
SELECT n.nspname = ANY(current_schemas(true)), n.nspname, t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON t.typnamespace = n.oid WHERE t.oid = 1034;

-- [statement]
SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid   FROM pg_catalog.pg_type   LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r           from pg_namespace as ns           join ( select s.r, (current_schemas(false))[s.r] as nspname                    from generate_series(1, array_upper(current_schemas(false), 1)) as s(r) ) as r          using ( nspname )        ) as sp     ON sp.nspoid = typnamespace  WHERE pg_type.oid = 1034  ORDER BY sp.r, pg_type.oid DESC;

-- [statement]
SHOW search_path;

-- [statement]
SELECT db.datname,db.encoding,db.datistemplate,db.datallowconn,db.datconnlimit FROM pg_catalog.pg_database db WHERE datname='postgres' AND 1<>1;

-- [statement]
SELECT name,setting,category,vartype FROM pg_catalog.pg_settings where name='standard_conforming_strings';

-- [statement]
SELECT * FROM pg_catalog.pg_enum WHERE 1<>1 LIMIT 1;

-- [statement]
SELECT reltype FROM pg_catalog.pg_class WHERE 1<>1 LIMIT 1;

-- [statement]
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C');

-- [statement]
SELECT t.oid,t.* FROM pg_catalog.pg_type t WHERE typnamespace=11 ORDER by t.oid;

-- [statement]
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  pg_catalog.pg_get_partkeydef(c.oid) as partition_key FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass WHERE c.relnamespace=16388 AND c.relkind not in ('i','I','c') AND 1<>1;

-- [statement]
SELECT c.relname,c.relkind,c.relnatts,c.relchecks,c.relhasindex,c.relispartition,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,pg_catalog.pg_get_partkeydef(c.oid) as partition_key,(select array_agg(i.inhparent) from pg_catalog.pg_inherits i where i.inhrelid = c.oid) parents FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass WHERE c.relnamespace=16388 AND c.relkind not in ('i','I','c');

-- [statement]
select c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size FROM pg_class c WHERE c.relnamespace=16388 AND 1<>1;

-- [statement]
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid) LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum) LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid) WHERE NOT a.attisdropped AND c.oid=16389 ORDER BY a.attnum;

-- [statement]
SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description,pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid WHERE  i.indrelid=16389 ORDER BY tabrelname, c.relname;

-- [statement]
SELECT pg_catalog.pg_stat_get_numscans(i.indexrelid) as index_num_scans,pg_catalog.pg_relation_size(i.indexrelid) as index_rel_size FROM pg_catalog.pg_index i WHERE 1<>1;

-- [statement]
SELECT c.conname,c.contype,c.conkey,c.confkey,c.condeferrable,c.condeferred,c.convalidated,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, case when c.contype='c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end consrc_copy FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass WHERE c.conrelid=16389 ORDER BY c.oid;

-- [statement]
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid WHERE c.conrelid=16389 ORDER BY c.oid;

-- [statement]
SELECT am.oid,am.* FROM pg_catalog.pg_am am ORDER BY am.oid;

-- [statement]
SELECT l.oid,l.* FROM pg_catalog.pg_language l ORDER BY l.oid;

-- [statement]
SELECT c.contoencoding as encid,pg_catalog.pg_encoding_to_char(c.contoencoding) as encname FROM pg_catalog.pg_conversion c GROUP BY c.contoencoding ORDER BY 2;

-- [statement]
SELECT c.oid,c.* FROM pg_catalog.pg_collation c WHERE c.collnamespace=16388 ORDER BY c.oid;

-- [statement]
SELECT e.oid,e.* FROM pg_catalog.pg_extension e WHERE e.extnamespace=16388 ORDER BY e.oid;

-- [statement]
SELECT l.oid,l.*,p.pronamespace as handler_schema_id FROM pg_catalog.pg_foreign_data_wrapper l LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=l.fdwhandler ORDER BY l.fdwname;

-- [statement]
SELECT l.oid,l.* FROM pg_catalog.pg_foreign_server l ORDER BY l.srvname;

-- [statement]
SELECT t.spcname,t.spcowner,t.spcoptions FROM pg_catalog.pg_tablespace t ORDER BY t.oid;

-- [statement]
SELECT p.oid,p.*,d.description FROM pg_catalog.pg_proc p LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=p.oid WHERE p.pronamespace=16388 ORDER BY p.proname;

-- [statement]
SELECT rolname,rolsuper,rolcanlogin FROM pg_catalog.pg_roles a WHERE rolname='postgres' ORDER BY a.oid;

-- [statement]
SELECT string_agg(word, ',' order by word) from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,absolute,action,ada,add,admin,after,all,allocate,alter,always,and,any,are,array,as,asc}'::text[]);

-- [statement]
SELECT x.oid,x.* FROM pg_catalog.pg_event_trigger x ORDER BY x.oid;

-- [statement]
SELECT x.oid,x.*,p.pronamespace as func_schema_id,d.description FROM pg_catalog.pg_trigger x LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=x.tgfoid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=x.oid AND d.objsubid=0 WHERE x.tgrelid=16389 AND NOT tgisinternal;

-- [statement]
SELECT r.oid,r.* FROM pg_catalog.pg_rewrite r WHERE r.ev_class=16389;

-- [statement]
select pg_get_viewdef(16412) IS NOT NULL;
