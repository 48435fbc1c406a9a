-- [statement]
SELECT current_setting('server_version_num')::int/100 as version;

-- [statement]
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- [statement]
SELECT schema_name AS "name"
    FROM information_schema.schemata
    WHERE schema_name NOT IN ('information_schema',
                              'pg_catalog',
                              'pg_toast',
                              '_timescaledb_cache',
                              '_timescaledb_catalog',
                              '_timescaledb_internal',
                              '_timescaledb_config',
                              'timescaledb_information',
                              'timescaledb_experimental')
    ORDER BY schema_name;

-- [statement]
SELECT quote_ident(table_name) AS "table"
      FROM information_schema.tables
      WHERE quote_ident(table_schema) = 'app'
      ORDER BY 1;

-- [statement]
SELECT
    CASE WHEN 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      THEN quote_ident(table_name)
      ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
    END AS "table"
    FROM information_schema.tables
    WHERE quote_ident(table_schema) NOT IN ('information_schema',
                             'pg_catalog',
                             '_timescaledb_cache',
                             '_timescaledb_catalog',
                             '_timescaledb_internal',
                             '_timescaledb_config',
                             'timescaledb_information',
                             'timescaledb_experimental')
    ORDER BY CASE WHEN 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          ) THEN 0 ELSE 1 END, 1;

-- [statement]
SELECT quote_ident(column_name) AS "column", data_type AS "type"
    FROM information_schema.columns
    WHERE
      CASE WHEN array_length(parse_ident('app.events'),1) = 2
        THEN quote_ident(table_schema) = (parse_ident('app.events'))[1]
          AND quote_ident(table_name) = (parse_ident('app.events'))[2]
        ELSE quote_ident(table_name) = 'app.events'
          AND 
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
      END;

-- [statement]
SELECT 1;

-- [statement]
SELECT floor(extract(epoch from ts)/60)*60 AS "time", kind AS metric, count(*) AS value
FROM app.events
WHERE ts BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-01T01:00:00Z'
GROUP BY 1, 2
ORDER BY 1, 2;

-- [statement]
SELECT extract(epoch from ts) AS "time", amount FROM app.events
WHERE ts >= '2026-01-01T00:00:00Z' AND ts <= '2026-01-01T01:00:00Z' ORDER BY ts LIMIT 50;

-- [statement]
SELECT ts AS "time", kind, amount::float8 FROM app.events
WHERE extract(epoch from ts) >= 1767225600 AND extract(epoch from ts) <= 1767229200 ORDER BY 1;
