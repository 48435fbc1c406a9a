//go:build !(goexperiment.simd && amd64)

package kernel

// eqWide, ltWide and gtWide are comparisons of whole words of dst by instructions for many values at once. Without these they do
// none.
func eqWide[T Number]([]uint64, []T, T) int { return 0 }

func ltWide[T Number]([]uint64, []T, T) int { return 0 }

func gtWide[T Number]([]uint64, []T, T) int { return 0 }
