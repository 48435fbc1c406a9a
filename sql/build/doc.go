// Package build turns a plan into operators. It is the only place where plan meets engine.
//
//	plan            operators, made from the last to the first
//	Project           out ◄─ project ◄─┐
//	  Aggregate                 aggregate ◄─ project (keys, arguments) ◄─┐
//	    Filter                                                 filter ◄─┤
//	      Scan                                                        Input: the caller pushes
//
// The same plan gives a query that ends (Query) and one that goes on (View). Who reads relations is the caller: build
// names for each input what it reads, and gives the Sink to push it into.
//
// # Concurrency
//
// What is built is driven by one goroutine at a time. Pins of a View's root may be read from any.
package build
