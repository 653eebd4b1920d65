package token

import "encoding/binary"

// reader reads fields one after the other. After a field is missing, it stays failed and returns
// zero values.
type reader struct {
	data   string
	failed bool
}

func (r *reader) bytes(n int) string {
	if r.failed || n > len(r.data) {
		r.failed = true
		return ""
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) u16() uint16 {
	b := r.bytes(2)
	if r.failed {
		return 0
	}
	return binary.LittleEndian.Uint16([]byte(b))
}

func (r *reader) u32() uint32 {
	b := r.bytes(4)
	if r.failed {
		return 0
	}
	return binary.LittleEndian.Uint32([]byte(b))
}

// text reads a text with its length before it.
func (r *reader) text() string { return r.bytes(int(r.u16())) }

// right reads a map of privileges and returns the value of one of them.
func (r *reader) right(wanted uint16) (value uint32, found bool) {
	for n := r.u16(); n > 0 && !r.failed; n-- {
		if key, v := r.u16(), r.u32(); key == wanted && !r.failed {
			value, found = v, true
		}
	}
	return value, found
}

// permissions skips the table of RTM 2: it has names by kind of permission, by kind of resource.
func (r *reader) permissions() {
	for resources := r.u16(); resources > 0 && !r.failed; resources-- {
		r.u16()
		for kinds := r.u16(); kinds > 0 && !r.failed; kinds-- {
			r.u16()
			for names := r.u16(); names > 0 && !r.failed; names-- {
				r.text()
			}
		}
	}
}

// The functions below write what reader reads.

func u32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }

func u16(n uint16) string { return string(binary.LittleEndian.AppendUint16(nil, n)) }

func text(s string) string { return u16(uint16(len(s))) + s }

// right returns a map with one privilege.
func right(key uint16, value uint32) string { return u16(1) + u16(key) + u32(value) }
