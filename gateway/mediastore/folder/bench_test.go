package folder

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// BenchmarkFiles stores files, 50 at a time for each core, with the fsync and without.
func BenchmarkFiles(b *testing.B) {
	for name, size := range map[string]int{"100KB": 100_000, "4MiB": 4 << 20} {
		for _, sync := range []string{"fsync", "none"} {
			b.Run(name+"/"+sync, func(b *testing.B) {
				f, err := Open(Options{Dir: b.TempDir(), Secret: make([]byte, secretBytes), NoSync: sync == "none"})
				require.NoError(b, err)
				defer f.Close()
				file := content(size)
				info := infoOf(app, "", file)
				var n atomic.Int64
				b.SetBytes(int64(size))
				b.SetParallelism(50)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						id := fmt.Sprintf("%08x", uint32(n.Add(1)*2654435761)) // spread over folders, as random ones are
						key := media.Key(created, id+strings.Repeat("0", 50))
						p, err := f.Part(b.Context(), app, key, 0)
						if err != nil {
							b.Error(err)
							return
						}
						_, err = p.Write(file)
						if err == nil {
							err = p.Finish(b.Context(), info)
						}
						if err = errors.Join(err, p.Close()); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	}
}
