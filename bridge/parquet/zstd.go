package parquet

import "github.com/apache/arrow/go/v17/parquet/compress"

// emptyPages is Arrow's codec, which takes a page of no bytes (the dictionary of a column that is all null) for a mistake of
// the caller when it is built with its assertions.
type emptyPages struct{ compress.Codec }

// CompressBound is how long n bytes may become.
func (c emptyPages) CompressBound(n int64) int64 { return c.Codec.CompressBound(max(n, 1)) }

func init() {
	if zstd, err := compress.GetCodec(compress.Codecs.Zstd); err == nil {
		compress.RegisterCodec(compress.Codecs.Zstd, emptyPages{zstd})
	}
}
