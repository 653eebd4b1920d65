package wire

import (
	"errors"
	"io"

	protobuf_go_lite "github.com/aperturerobotics/protobuf-go-lite"
)

var errWireType = errors.New("proto: a field of another wire type, or with an illegal number")

// The kinds of field in https://protobuf.dev/programming-guides/encoding/#structure that frames have.
const (
	wireVarint = iota
	wireFixed64
	wireBytes
	_
	wireEndGroup
)

// decoder reads the fields of a message one by one. After an error, next returns false and all values
// read are empty. The generated UnmarshalVT methods use it, because pages load this code: it is far
// smaller than the code that the generator writes for each field.
type decoder struct {
	rest  []byte // what is not read yet
	whole []byte // the current field and all that follows it
	field int32  // number of the current field
	kind  int    // wire type of the current field
	err   error
}

// next reads the tag of the next field.
func (d *decoder) next() bool {
	if d.err != nil || len(d.rest) == 0 {
		return false
	}
	d.whole, d.kind = d.rest, wireVarint
	tag := d.varint()
	d.field, d.kind = int32(tag>>3), int(tag&7)
	if d.err == nil && (d.kind == wireEndGroup || tag < 1<<3 || tag >= 1<<32) {
		d.err = errWireType
	}
	return d.err == nil
}

// is reports whether the field has this kind. Any other kind sets d.err.
func (d *decoder) is(kind int) bool {
	if d.kind != kind && d.err == nil {
		d.err = errWireType
	}
	return d.err == nil
}

func (d *decoder) varint() uint64 {
	if !d.is(wireVarint) {
		return 0
	}
	v, n, err := protobuf_go_lite.DecodeVarint(d.rest, 0)
	d.rest, d.err = d.rest[n:], err // with an error n is 0
	return v
}

func (d *decoder) fixed64() uint64 {
	if !d.is(wireFixed64) {
		return 0
	}
	v, n, err := protobuf_go_lite.DecodeFixed64(d.rest, 0)
	d.rest, d.err = d.rest[n:], err
	return v
}

// bytes reads a string, bytes or an embedded message. The result is not a copy.
func (d *decoder) bytes() []byte {
	if !d.is(wireBytes) {
		return nil
	}
	d.kind = wireVarint
	n := d.varint()
	if n > uint64(len(d.rest)) && d.err == nil {
		d.err = io.ErrUnexpectedEOF
	}
	if d.err != nil {
		return nil
	}
	v := d.rest[:n]
	d.rest = d.rest[n:]
	return v
}

// check keeps the error of decoding an embedded message.
func (d *decoder) check(err error) {
	if d.err == nil {
		d.err = err
	}
}

// uint32s appends to list the field's number, or all its numbers if they are packed.
func (d *decoder) uint32s(list []uint32) []uint32 {
	if d.kind == wireVarint {
		return append(list, uint32(d.varint()))
	}
	for packed := (decoder{rest: d.bytes()}); len(packed.rest) > 0; {
		list = append(list, uint32(packed.varint()))
		if d.err = packed.err; d.err != nil {
			break
		}
	}
	return list
}

// skip reads an unknown field and returns it with its tag.
func (d *decoder) skip() []byte {
	n, err := protobuf_go_lite.Skip(d.whole)
	if err == nil && n > len(d.whole) {
		err = io.ErrUnexpectedEOF
	}
	if d.err = err; err != nil {
		return nil
	}
	d.rest = d.whole[n:]
	return d.whole[:n]
}

// putUint64 writes v as a little-endian number. Package encoding/binary would bring package reflect.
func putUint64(b []byte, v uint64) {
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
}
