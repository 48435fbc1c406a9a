package parquet

import (
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// chunk is a reader of values of one kind.
type chunk[T any] interface {
	ReadBatch(n int64, values []T, def, rep []int16) (total int64, read int, err error)
}

// values reads n values of a chunk and puts those that are not null.
func values[T any](s *source, from chunk[T], b *batch.Builder, n int, def []int16, put func(T) error) error {
	vals := make([]T, n)
	for n > 0 {
		total, _, err := from.ReadBatch(int64(n), vals, def, nil)
		switch {
		case err != nil:
			return err
		case total == 0:
			return io.ErrUnexpectedEOF
		}
		at := 0
		for i := range int(total) {
			if s.levels > 0 && def[i] < s.levels {
				b.Null()
				continue
			}
			if err := put(vals[at]); err != nil {
				return err
			}
			at++
		}
		n -= int(total)
	}
	return nil
}

// put puts a value of a fixed width as it is.
func put[T batch.Value](b *batch.Builder) func(T) error {
	return func(v T) error { batch.Put(b, v); return nil }
}

func readBool(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.BooleanColumnChunkReader), b, n, def, func(v bool) error { b.Bool(v); return nil })
}

func readFloat32(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Float32ColumnChunkReader), b, n, def, put[float32](b))
}

func readFloat64(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Float64ColumnChunkReader), b, n, def, put[float64](b))
}

func readInt32(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int32ColumnChunkReader), b, n, def, put[int32](b))
}

func readUint32(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int32ColumnChunkReader), b, n, def, func(v int32) error { batch.Put(b, int64(uint32(v))); return nil })
}

func readMillis(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int32ColumnChunkReader), b, n, def, func(v int32) error { batch.Put(b, int64(v)*1000); return nil })
}

func readInt64(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int64ColumnChunkReader), b, n, def, put[int64](b))
}

func readInt64Millis(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int64ColumnChunkReader), b, n, def, func(v int64) error {
		if v*1000/1000 != v {
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "%d milliseconds are no time that can be stored", v)
		}
		batch.Put(b, v*1000)
		return nil
	})
}

// readNanos refuses what is no whole number of microseconds: it could not be told from its neighbours.
func readNanos(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int64ColumnChunkReader), b, n, def, func(v int64) error {
		if v%1000 != 0 {
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "%d nanoseconds are no whole number of microseconds", v).
				WithHint("Write the file with times in microseconds.")
		}
		batch.Put(b, v/1000)
		return nil
	})
}

func readUint64(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int64ColumnChunkReader), b, n, def, func(v int64) error { b.String(strconv.FormatUint(uint64(v), 10)); return nil })
}

func readBytes(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.ByteArrayColumnChunkReader), b, n, def, func(v parquet.ByteArray) error { b.Bytes(v); return nil })
}

func readFixed(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.FixedLenByteArrayColumnChunkReader), b, n, def, func(v parquet.FixedLenByteArray) error { b.Bytes(v); return nil })
}

func readUUID(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.FixedLenByteArrayColumnChunkReader), b, n, def, func(v parquet.FixedLenByteArray) error {
		batch.Put(b, [16]byte(v))
		return nil
	})
}

func readInt32Decimal(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int32ColumnChunkReader), b, n, def, func(v int32) error {
		b.String(pointed(strconv.Itoa(int(v)), s.scale))
		return nil
	})
}

func readInt64Decimal(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.Int64ColumnChunkReader), b, n, def, func(v int64) error {
		b.String(pointed(strconv.FormatInt(v, 10), s.scale))
		return nil
	})
}

func readByteDecimal(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.ByteArrayColumnChunkReader), b, n, def, func(v parquet.ByteArray) error { b.String(decimal(v, s.scale)); return nil })
}

func readFixedDecimal(s *source, from file.ColumnChunkReader, b *batch.Builder, n int, def []int16) error {
	return values(s, from.(*file.FixedLenByteArrayColumnChunkReader), b, n, def, func(v parquet.FixedLenByteArray) error {
		b.String(decimal(v, s.scale))
		return nil
	})
}

// decimal is a number in two's complement, the greatest byte first, as text.
func decimal(v []byte, scale int) string {
	n := new(big.Int).SetBytes(v)
	if len(v) > 0 && v[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	return pointed(n.String(), scale)
}

// pointed puts the point into digits, before the last scale of them.
func pointed(digits string, scale int) string {
	if scale <= 0 {
		return digits
	}
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	if short := scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}
