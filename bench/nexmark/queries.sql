-- The queries. Of all of them: person, auction and bid are streams of their own, not views of one stream; times are
-- timestamptz in UTC. "changed" says what else differs from the published text, "postgres" stands before what
-- PostgreSQL is asked in its place.

-- q0
SELECT auction, bidder, price, dateTime, extra FROM bid;

-- q1
SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid;

-- q2
SELECT auction, price FROM bid WHERE mod(auction, 123) = 0;

-- q3
SELECT P.name, P.city, P.state, A.id
FROM auction AS A INNER JOIN person AS P on A.seller = P.id
WHERE A.category = 10 and (P.state = 'OR' OR P.state = 'ID' OR P.state = 'CA');

-- q4
SELECT Q.category, AVG(Q.final)
FROM (
    SELECT MAX(B.price) AS final, A.category
    FROM auction A, bid B
    WHERE A.id = B.auction AND B.dateTime BETWEEN A.dateTime AND A.expires
    GROUP BY A.id, A.category
) Q
GROUP BY Q.category;

-- q5
SELECT AuctionBids.auction, AuctionBids.num
FROM (
  SELECT auction, count(*) AS num, window_start AS starttime, window_end AS endtime
  FROM TABLE(HOP(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
  GROUP BY auction, window_start, window_end
) AS AuctionBids
JOIN (
  SELECT max(CountBids.num) AS maxn, CountBids.starttime, CountBids.endtime
  FROM (
    SELECT count(*) AS num, window_start AS starttime, window_end AS endtime
    FROM TABLE(HOP(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
    GROUP BY auction, window_start, window_end
  ) AS CountBids
  GROUP BY CountBids.starttime, CountBids.endtime
) AS MaxBids
ON AuctionBids.starttime = MaxBids.starttime AND AuctionBids.endtime = MaxBids.endtime AND AuctionBids.num >= MaxBids.maxn;
-- postgres
WITH c AS (
  SELECT auction, w, count(*) AS num FROM bid, LATERAL generate_series(
    date_bin('2 seconds', dateTime, '1970-01-01Z') - INTERVAL '8 seconds', dateTime, '2 seconds') AS w
  GROUP BY auction, w)
SELECT auction, num FROM (SELECT *, max(num) OVER (PARTITION BY w) AS maxn FROM c) AS m WHERE num >= maxn;

-- q6
-- changed: rows of equal order are told apart, so that there is one result
SELECT Q.seller, AVG(Q.price) OVER (PARTITION BY Q.seller ORDER BY Q.dateTime, Q.id ROWS BETWEEN 10 PRECEDING AND CURRENT ROW)
FROM (
    SELECT * FROM (
        SELECT A.id, A.seller, B.price, B.dateTime,
          ROW_NUMBER() OVER (PARTITION BY A.id, A.seller ORDER BY B.price DESC, B.dateTime) AS rownum
        FROM auction AS A, bid AS B
        WHERE A.id = B.auction and B.dateTime between A.dateTime and A.expires) AS R
    WHERE rownum <= 1
) AS Q;

-- q7
SELECT B.auction, B.bidder, B.price, B.dateTime, B.extra
FROM bid B
JOIN (
  SELECT MAX(price) AS maxprice, window_end as dateTime
  FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
  GROUP BY window_start, window_end
) B1
ON B.price = B1.maxprice
WHERE B.dateTime BETWEEN B1.dateTime - INTERVAL '10' SECOND AND B1.dateTime;
-- postgres
SELECT B.auction, B.bidder, B.price, B.dateTime, B.extra
FROM bid B
JOIN (
  SELECT MAX(price) AS maxprice, date_bin('10 seconds', dateTime, '1970-01-01Z') + INTERVAL '10 seconds' as dateTime
  FROM bid GROUP BY 2
) B1
ON B.price = B1.maxprice
WHERE B.dateTime BETWEEN B1.dateTime - INTERVAL '10' SECOND AND B1.dateTime;

-- q8
SELECT P.id, P.name, P.starttime
FROM (
  SELECT id, name, window_start AS starttime, window_end AS endtime
  FROM TABLE(TUMBLE(TABLE person, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
  GROUP BY id, name, window_start, window_end
) P
JOIN (
  SELECT seller, window_start AS starttime, window_end AS endtime
  FROM TABLE(TUMBLE(TABLE auction, DESCRIPTOR(dateTime), INTERVAL '10' SECOND))
  GROUP BY seller, window_start, window_end
) A
ON P.id = A.seller AND P.starttime = A.starttime AND P.endtime = A.endtime;
-- postgres
SELECT P.id, P.name, P.starttime
FROM (SELECT DISTINCT id, name, date_bin('10 seconds', dateTime, '1970-01-01Z') AS starttime FROM person) P
JOIN (SELECT DISTINCT seller, date_bin('10 seconds', dateTime, '1970-01-01Z') AS starttime FROM auction) A
ON P.id = A.seller AND P.starttime = A.starttime;

-- q9
-- changed: the inner query has a name; rows of equal order are told apart
SELECT id, itemName, description, initialBid, reserve, dateTime, expires, seller, category, extra,
    auction, bidder, price, bid_dateTime, bid_extra
FROM (
   SELECT A.*, B.auction, B.bidder, B.price, B.dateTime AS bid_dateTime, B.extra AS bid_extra,
     ROW_NUMBER() OVER (PARTITION BY A.id ORDER BY B.price DESC, B.dateTime ASC, B.bidder) AS rownum
   FROM auction A, bid B
   WHERE A.id = B.auction AND B.dateTime BETWEEN A.dateTime AND A.expires
) AS R
WHERE rownum <= 1;

-- q10
-- changed: to_char() stands for DATE_FORMAT; the rows stay in the view and go to no files
SELECT auction, bidder, price, dateTime, extra, to_char(dateTime, 'YYYY-MM-DD') AS dt, to_char(dateTime, 'HH24:MI') AS hm FROM bid;

-- q11
-- changed: the window is a table function
SELECT bidder, count(*) as bid_count, window_start as starttime, window_end as endtime
FROM SESSION(bid PARTITION BY bidder, dateTime, INTERVAL '10' SECOND)
GROUP BY bidder, window_start, window_end;
-- postgres
SELECT bidder, count(*), min(dateTime), max(dateTime) + INTERVAL '10 seconds' FROM (
  SELECT *, sum(fresh) OVER (PARTITION BY bidder ORDER BY dateTime) AS island FROM (
    SELECT *, CASE WHEN dateTime - lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime) < INTERVAL '10 seconds' THEN 0 ELSE 1 END AS fresh
    FROM bid) AS a) AS b
GROUP BY bidder, island;

-- q12
-- changed: _ingest_time, when a row was accepted, stands for PROCTIME()
-- not comparable: windows are of the time of acceptance, which PostgreSQL does not know; the test compares the sums
SELECT bidder, count(*) as bid_count, window_start AS starttime, window_end AS endtime
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(_ingest_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;

-- q13
-- changed: value is no reserved word; the side input is a table with 10,000 rows
SELECT B.auction, B.bidder, B.price, B.dateTime, S.value
FROM (SELECT *, PROCTIME() as p_time FROM bid) B
JOIN side_input FOR SYSTEM_TIME AS OF B.p_time AS S
ON mod(B.auction, 10000) = S.key;
-- postgres
SELECT B.auction, B.bidder, B.price, B.dateTime, S.value FROM bid B JOIN side_input S ON mod(B.auction, 10000) = S.key;

-- q14
-- changed: extract() stands for HOUR(), lengths for the function count_char()
SELECT auction, bidder, 0.908 * price as price,
    CASE
        WHEN extract(HOUR FROM dateTime) >= 8 AND extract(HOUR FROM dateTime) <= 18 THEN 'dayTime'
        WHEN extract(HOUR FROM dateTime) <= 6 OR extract(HOUR FROM dateTime) >= 20 THEN 'nightTime'
        ELSE 'otherTime'
    END AS bidTimeType,
    dateTime, extra, length(extra) - length(replace(extra, 'c', '')) AS c_counts
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;

-- q15
-- changed: to_char() stands for DATE_FORMAT
SELECT to_char(dateTime, 'YYYY-MM-DD') as day,
     count(*) AS total_bids,
     count(*) filter (where price < 10000) AS rank1_bids,
     count(*) filter (where price >= 10000 and price < 1000000) AS rank2_bids,
     count(*) filter (where price >= 1000000) AS rank3_bids,
     count(distinct bidder) AS total_bidders,
     count(distinct bidder) filter (where price < 10000) AS rank1_bidders,
     count(distinct bidder) filter (where price >= 10000 and price < 1000000) AS rank2_bidders,
     count(distinct bidder) filter (where price >= 1000000) AS rank3_bidders,
     count(distinct auction) AS total_auctions,
     count(distinct auction) filter (where price < 10000) AS rank1_auctions,
     count(distinct auction) filter (where price >= 10000 and price < 1000000) AS rank2_auctions,
     count(distinct auction) filter (where price >= 1000000) AS rank3_auctions
FROM bid
GROUP BY to_char(dateTime, 'YYYY-MM-DD');

-- q16
-- changed: to_char() stands for DATE_FORMAT
SELECT channel, to_char(dateTime, 'YYYY-MM-DD') as day, max(to_char(dateTime, 'HH24:MI')) as minute,
     count(*) AS total_bids,
     count(*) filter (where price < 10000) AS rank1_bids,
     count(*) filter (where price >= 10000 and price < 1000000) AS rank2_bids,
     count(*) filter (where price >= 1000000) AS rank3_bids,
     count(distinct bidder) AS total_bidders,
     count(distinct bidder) filter (where price < 10000) AS rank1_bidders,
     count(distinct bidder) filter (where price >= 10000 and price < 1000000) AS rank2_bidders,
     count(distinct bidder) filter (where price >= 1000000) AS rank3_bidders,
     count(distinct auction) AS total_auctions,
     count(distinct auction) filter (where price < 10000) AS rank1_auctions,
     count(distinct auction) filter (where price >= 10000 and price < 1000000) AS rank2_auctions,
     count(distinct auction) filter (where price >= 1000000) AS rank3_auctions
FROM bid
GROUP BY channel, to_char(dateTime, 'YYYY-MM-DD');

-- q17
-- changed: to_char() stands for DATE_FORMAT
SELECT auction, to_char(dateTime, 'YYYY-MM-DD') as day,
     count(*) AS total_bids,
     count(*) filter (where price < 10000) AS rank1_bids,
     count(*) filter (where price >= 10000 and price < 1000000) AS rank2_bids,
     count(*) filter (where price >= 1000000) AS rank3_bids,
     min(price) AS min_price, max(price) AS max_price, avg(price) AS avg_price, sum(price) AS sum_price
FROM bid
GROUP BY auction, to_char(dateTime, 'YYYY-MM-DD');

-- q18
-- changed: the inner query has a name; rows of equal order are told apart
SELECT auction, bidder, price, channel, url, dateTime, extra
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY dateTime DESC, price, extra) AS rank_number FROM bid) AS R
WHERE rank_number <= 1;

-- q19
-- changed: the inner query has a name; rows of equal order are told apart
SELECT * FROM
(SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, dateTime, bidder, extra) AS rank_number FROM bid) AS R
WHERE rank_number <= 10;

-- q20
-- changed: columns that both sides have got names of their own
SELECT auction, bidder, price, channel, url, B.dateTime AS bid_dateTime, B.extra AS bid_extra,
    itemName, description, initialBid, reserve, A.dateTime AS auction_dateTime, expires, seller, category, A.extra AS auction_extra
FROM bid AS B INNER JOIN auction AS A on B.auction = A.id
WHERE A.category = 10;

-- q21
-- changed: substring(... from ...) stands for REGEXP_EXTRACT
SELECT auction, bidder, price, channel,
    CASE
        WHEN lower(channel) = 'apple' THEN '0'
        WHEN lower(channel) = 'google' THEN '1'
        WHEN lower(channel) = 'facebook' THEN '2'
        WHEN lower(channel) = 'baidu' THEN '3'
        ELSE substring(url from '(?:&|^)channel_id=([^&]*)')
    END AS channel_id
FROM bid
WHERE substring(url from '(?:&|^)channel_id=([^&]*)') is not null or lower(channel) in ('apple', 'google', 'facebook', 'baidu');

-- q22
-- changed: split_part() stands for SPLIT_INDEX
SELECT auction, bidder, price, channel, split_part(url, '/', 4) as dir1, split_part(url, '/', 5) as dir2, split_part(url, '/', 6) as dir3 FROM bid;

-- q23
SELECT bidder, price, channel, url, B.extra AS bid_extra,
       P.id AS person_id, name, emailAddress, creditCard, city, state, P.extra AS person_extra,
       itemName, description, initialBid, reserve, A.dateTime AS auction_dateTime, expires, seller, category, A.extra AS auction_extra
FROM bid B JOIN person P ON P.id = B.bidder JOIN auction A ON A.seller = B.bidder;
