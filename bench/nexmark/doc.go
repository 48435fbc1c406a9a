// Command nexmark measures the queries of Nexmark, the benchmark of an auction site, over made-up events:
//
//	go run ./bench/nexmark -events 10000000
//
// The generator follows the one that the published figures are measured with: of 50 events one is a person, three are
// auctions, 46 are bids; half of the bids go to the newest hot auction, three quarters of them come from a hot bidder; sizes
// average 200, 500 and 100 bytes. Each event is made from the seed and its number alone, so that any one of them can be
// made again. The watermark is 4 seconds behind.
//
// queries.sql holds the queries, with what was changed in each and, where it differs, what PostgreSQL is asked in the
// test that compares the results.
package main
