package codec

import (
	"bytes"
	"io"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestStreams(t *testing.T) {
	plain := bytes.Repeat([]byte("the same again and again "), 4000)
	for _, enc := range []string{"", "identity", "gzip", "zstd", "s2"} {
		var packed bytes.Buffer
		w, err := Writer(enc, &packed)
		if err == nil {
			_, err = w.Write(plain)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(enc, err)
		}
		for _, limit := range []int64{0, 1, int64(len(plain)) - 1, int64(len(plain)), 1 << 40} {
			r, err := Reader(enc, bytes.NewReader(packed.Bytes()), limit)
			if err != nil {
				t.Fatal(enc, err)
			}
			got, err := io.ReadAll(r)
			if limit < int64(len(plain)) {
				if sqlerr.CodeOf(err) != sqlerr.ProgramLimitExceeded || !bytes.Equal(got, plain[:limit]) {
					t.Errorf("%s of at most %d bytes: %d bytes, %v", enc, limit, len(got), err)
				}
			} else if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s: %d bytes, %v", enc, len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Error(enc, err)
			}
		}
		if enc == "" || enc == "identity" {
			continue
		}
		r, err := Reader(enc, bytes.NewReader(packed.Bytes()[:packed.Len()/2]), 1<<40)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if sqlerr.CodeOf(err) != sqlerr.InvalidBinary {
			t.Errorf("half a %s stream gives %v", enc, err)
		}
	}
	if _, err := Reader("br", nil, 1); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Errorf("an unknown encoding gives %v", err)
	}
}
