//go:build unix

package mediastore_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// killer kills this process before a step, or behind the last one.
type killer struct{ left int }

func (k *killer) step() {
	if k.left--; k.left < 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

type killedRecords struct {
	mediastore.Records
	*killer
}

func (r killedRecords) Create(ctx context.Context, app, id string, value []byte) (uint64, error) {
	r.step()
	return r.Records.Create(ctx, app, id, value)
}

func (r killedRecords) Update(ctx context.Context, app, id string, value []byte, revision uint64) (uint64, error) {
	r.step()
	return r.Records.Update(ctx, app, id, value, revision)
}

func (r killedRecords) Delete(ctx context.Context, app, id string, revision uint64) error {
	r.step()
	return r.Records.Delete(ctx, app, id, revision)
}

func (r killedRecords) AddToSession(ctx context.Context, ref media.Ref) error {
	r.step()
	return r.Records.AddToSession(ctx, ref)
}

func (r killedRecords) RemoveFromSession(ctx context.Context, ref media.Ref) error {
	r.step()
	return r.Records.RemoveFromSession(ctx, ref)
}

type killedFiles struct {
	mediastore.Files
	*killer
}

func (f killedFiles) Part(ctx context.Context, app, key string, offset int64) (mediastore.Part, error) {
	f.step()
	p, err := f.Files.Part(ctx, app, key, offset)
	return killedPart{p, f.killer}, err
}

type killedPart struct {
	mediastore.Part
	*killer
}

func (p killedPart) Sync(ctx context.Context) error {
	p.step()
	return p.Part.Sync(ctx)
}

func (p killedPart) Finish(ctx context.Context, info media.Info) error {
	p.step()
	return p.Part.Finish(ctx, info)
}

// What the process uploads: one file in two requests, one in one.
var (
	killedLarge = content(1, 3*core.MediaDigestBytes+100)
	killedSmall = content(2, 1000)
)

const killedHalf = core.MediaDigestBytes + 50

// TestKilledProcess is the process. It says what was acknowledged.
func TestKilledProcess(t *testing.T) {
	dir := os.Getenv("RTM_KILLED_DIR")
	if dir == "" {
		t.Skip("it is run by TestKilledAtAnyMoment")
	}
	steps, err := strconv.Atoi(os.Getenv("RTM_KILLED_STEPS"))
	require.NoError(t, err)
	p, err := openPlace(dir)
	require.NoError(t, err)
	k := &killer{steps}
	s := mediastore.New(mediastore.Options{
		Records: killedRecords{p.records, k}, Files: killedFiles{p.files, k},
		Finished: func(file media.Info) { fmt.Println("told", file.Key) },
	})
	say := func(what string, info media.Info) { fmt.Println("acknowledged", what, info.Key, info.Offset) }

	large := create(t, s, 1, killedLarge)
	say("large", large)
	large = appendAll(t, s, large, killedLarge[:killedHalf])
	say("large", large)
	large, err = s.Info(t.Context(), app, large.Key)
	require.NoError(t, err)
	large, err = s.MoveToSession(t.Context(), large, "s2")
	require.NoError(t, err)
	large = appendAll(t, s, large, killedLarge[killedHalf:])
	say("large", large)
	small := create(t, s, 2, killedSmall)
	small = appendAll(t, s, small, killedSmall)
	say("small", small)
	k.step()
	fmt.Println("all steps done")
}

// A gateway is killed before each step of an upload. Nothing that it has acknowledged is lost,
// nothing is readable by half, uploads go on, every file is told of, and nothing stays behind.
func TestKilledAtAnyMoment(t *testing.T) {
	for steps, done := 0, false; !done; steps++ {
		t.Run(strconv.Itoa(steps), func(t *testing.T) {
			dir := t.TempDir()
			acknowledged := map[string]int64{}
			keys := map[string]string{}
			told := map[string]bool{}
			done = runKilled(t, dir, steps, acknowledged, keys, told)
			p, err := openPlace(dir)
			require.NoError(t, err)
			defer p.close()
			s := mediastore.New(mediastore.Options{
				Records: p.records, Files: p.files,
				Finished: func(file media.Info) {
					assert.Equal(t, []any{app, "anna"}, []any{file.App, file.UID})
					told[file.Key] = true
				},
			})
			for n, b := range map[string][]byte{"large": killedLarge, "small": killedSmall} {
				info, err := s.Find(t.Context(), app, media.KeyID(newInfo(map[string]byte{"large": 1, "small": 2}[n], b).Key), time.Now())
				if err != nil {
					require.ErrorIs(t, err, media.ErrNotFound)
					assert.NotContains(t, acknowledged, n)
					continue
				}
				if keys[n] != "" {
					assert.Equal(t, keys[n], info.Key)
				}
				require.GreaterOrEqual(t, info.Offset, acknowledged[n])
				if !info.Finished() {
					_, _, err = s.Open(t.Context(), app, info.Key)
					require.ErrorIs(t, err, media.ErrNotFound, "%s %+v", n, info)
					if steps%2 == 0 { // every other time nobody goes on
						continue
					}
					info = appendAll(t, s, info, b[info.Offset:])
				}
				requireContent(t, s, info.Key, b)
				assert.Contains(t, told, info.Key, n)
				_, _, err = p.records.Get(t.Context(), app, media.KeyID(info.Key))
				require.ErrorIs(t, err, media.ErrNotFound)
			}
			sweepAll(t, p, s)
			parts, err := filepath.Glob(filepath.Join(dir, "media", "parts", "*", "*"))
			require.NoError(t, err)
			assert.Empty(t, parts)
			require.NoError(t, s.Close())
		})
	}
}

// runKilled runs the process, and reports whether it has done all steps.
func runKilled(t *testing.T, dir string, steps int, acknowledged map[string]int64, keys map[string]string, told map[string]bool) (done bool) {
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestKilledProcess$")
	cmd.Env = append(os.Environ(), "RTM_KILLED_DIR="+dir, "RTM_KILLED_STEPS="+strconv.Itoa(steps))
	out, err := cmd.CombinedOutput()
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		switch f := strings.Fields(lines.Text()); {
		case len(f) == 4 && f[0] == "acknowledged":
			offset, err := strconv.ParseInt(f[3], 10, 64)
			require.NoError(t, err)
			acknowledged[f[1]], keys[f[1]] = offset, f[2]
		case len(f) == 2 && f[0] == "told":
			told[f[1]] = true
		}
		done = done || lines.Text() == "all steps done"
	}
	if !done {
		status, ok := err.(*exec.ExitError)
		require.True(t, ok && status.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL, "%v\n%s", err, out)
	}
	return done
}

// sweepAll removes what nobody goes on with, as a gateway does after some time.
func sweepAll(t *testing.T, p place, s *mediastore.Store) {
	refs, err := s.Unfinished(t.Context(), "")
	require.NoError(t, err)
	for _, ref := range refs {
		require.NoError(t, s.Abandon(t.Context(), ref))
	}
	require.NoError(t, s.Sweep(t.Context(), time.Now().Add(3*time.Hour)))
	refs, err = s.Unfinished(t.Context(), "")
	require.NoError(t, err)
	assert.Empty(t, refs)
}
