package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestCgroupMemory(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  size
	}{
		"no groups": {nil, 0},
		"a container": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n",
		}, 512 << 20},
		"a unit in a slice that has less": {map[string]string{
			"proc/self/cgroup": "0::/system.slice/rtm-gateway.service\n",
			"sys/fs/cgroup/system.slice/rtm-gateway.service/memory.max": "2147483648\n",
			"sys/fs/cgroup/system.slice/memory.max":                     "1073741824\n",
		}, 1 << 30},
		"no limit": {map[string]string{
			"proc/self/cgroup": "0::/x\n", "sys/fs/cgroup/x/memory.max": "max\n",
		}, 0},
		"version 1": {map[string]string{
			"proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
		}, 256 << 20},
		"version 1 without a limit": {map[string]string{
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0},
		"another namespace's group": {map[string]string{
			"proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/memory.max": "5\n",
		}, 0},
	} {
		root := fstest.MapFS{}
		for file, text := range test.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		assert.Equal(t, test.want, cgroupMemory(root), name)
	}
}
