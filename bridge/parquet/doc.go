// Package parquet writes batches into Parquet files, and reads batches from such files.
//
//	boolean                    BOOLEAN              time                      INT64 TIME(micros)
//	smallint, integer, bigint  INT32, INT64         timestamp, timestamptz    INT64 TIMESTAMP(micros), in UTC or local
//	real, double precision     FLOAT, DOUBLE        uuid                      FIXED_LEN_BYTE_ARRAY(16) UUID
//	numeric(p, s), p <= 18     INT64 DECIMAL        text, varchar, char       BYTE_ARRAY STRING
//	date                       INT32 DATE           bytea                     BYTE_ARRAY
//	json, jsonb                BYTE_ARRAY JSON      all others                BYTE_ARRAY STRING: their text
//
// Every column may have nulls. Pages are packed with zstd, and a group of rows is held in memory while it is written. A Reader
// takes flat files of others, too, packed with snappy, gzip, brotli or zstd; columns within columns and times of 96 bits are
// refused by name (0A000). What has no type of that width here, such as decimals and unsigned 64 bits, comes as text.
//
// # Concurrency
//
// A Writer and a Reader belong to one goroutine.
package parquet
