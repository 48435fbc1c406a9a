package node_test

import (
	"context"
	"fmt"
	"log"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// A program that embeds vexstream: a stream, a continuous query, rows without SQL, and the changes of the query.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n, err := node.Open(ctx, node.Settings{}) // in memory; set Data to keep what it is given
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	err = n.Run(ctx, `CREATE STREAM clicks (ts timestamptz, user_id text, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
		CREATE MATERIALIZED VIEW per_user AS SELECT user_id, count(*) FROM clicks GROUP BY user_id`, nil)
	if err != nil {
		log.Fatal(err)
	}

	a, err := n.Appender("clicks")
	if err != nil {
		log.Fatal(err)
	}
	for i, user := range []string{"ann", "bob", "ann"} {
		a.Time(0, types.Micros(i)*types.Second)
		a.String(1, user)
		if err := a.EndRow(ctx); err != nil {
			log.Fatal(err)
		}
	}
	if err := a.Flush(ctx); err != nil { // returns when the rows are durable
		log.Fatal(err)
	}

	rows, err := n.Query(ctx, "SELECT * FROM per_user ORDER BY user_id")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows)

	err = n.Subscribe(ctx, "per_user", func(c node.Change) error {
		for i := range c.Rows.N {
			if c.Rows.Cols[0].Str(i) == "bob" {
				fmt.Println("bob:", batch.Values[int64](&c.Rows.Cols[1])[i])
			}
		}
		cancel() // enough: Subscribe returns nil
		return nil
	})
	fmt.Println(err)
	// Output:
	// [[ann 2] [bob 1]]
	// bob: 1
	// <nil>
}

// A program that tells what it does: events go out at once, and Flush waits until they are on the disk.
func ExampleNode_Emit() {
	ctx := context.Background()
	n, err := node.Open(ctx, node.Settings{})
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	for _, user := range []string{"ann", "bob", "ann"} {
		e := bridge.Event{Type: "Login", UserID: user, Content: `{"ok": true}`}
		if err := n.Emit(ctx, e); err != nil {
			log.Fatal(err)
		}
	}
	if err := n.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	rows, err := n.Query(ctx, "SELECT user_id, count(*) FROM events WHERE event_type = 'Login' GROUP BY 1 ORDER BY 1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows)
	// Output:
	// [[ann 2] [bob 1]]
}
