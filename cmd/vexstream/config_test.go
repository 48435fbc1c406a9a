package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// TestResolve has each place of a setting win over those before it.
func TestResolve(t *testing.T) {
	file := filepath.Join(t.TempDir(), "node.toml")
	text := "data = \"file\"\nwatch = [\"a\", \"b\"]\npg_addr = \"127.0.0.1:1\"\nhttp_addr = \"127.0.0.1:2\"\nmin_free_space = 7\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		file string
		want config
	}{
		{name: "default", want: defaultConfig()},
		{name: "file", file: file, want: config{Data: "file", Watch: []string{"a", "b"}, PgAddr: "127.0.0.1:1", HTTPAddr: "127.0.0.1:2", MinFree: 7}},
		{
			name: "environment over file", env: map[string]string{"VEXSTREAM_CONFIG": file, "VEXSTREAM_DATA": "env", "VEXSTREAM_WATCH": "c:d", "VEXSTREAM_READS": "on", "VEXSTREAM_MIN_FREE_SPACE": "-1"},
			want: config{Data: "env", Watch: []string{"c", "d"}, PgAddr: "127.0.0.1:1", HTTPAddr: "127.0.0.1:2", Reads: true, MinFree: -1},
		},
		{
			name: "flags over all", file: file, env: map[string]string{"VEXSTREAM_DATA": "env", "VEXSTREAM_PG_ADDR": "127.0.0.1:3"},
			args: []string{"--data", "flag", "--watch", "e", "--watch", "f"},
			want: config{Data: "flag", Watch: []string{"e", "f"}, PgAddr: "127.0.0.1:3", HTTPAddr: "127.0.0.1:2", MinFree: 7},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			flagged := defaultConfig()
			fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
			flagged.flags(fs)
			if err := fs.Parse(c.args); err != nil {
				t.Fatal(err)
			}
			got, err := resolve(fs, flagged, c.file, func(k string) (string, bool) { v, ok := c.env[k]; return v, ok })
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
