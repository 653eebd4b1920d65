package wire

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// The codec of rtm.pb.go is generated twice over, by protoc-gen-go-lite and by slimwire. The tests here compare it with
// Google's, which gets its types from rtm.proto itself, so that neither generator's mistakes are in it.

// messages are all types that have a codec: a new message belongs here.
var messages = map[string]func() frame{
	"ClientFrame": func() frame { return &ClientFrame{} }, "ServerFrame": func() frame { return &ServerFrame{} },
	"Done": func() frame { return &Done{} }, "Hello": func() frame { return &Hello{} }, "Resume": func() frame { return &Resume{} },
	"Welcome": func() frame { return &Welcome{} }, "Refusal": func() frame { return &Refusal{} }, "Ping": func() frame { return &Ping{} },
	"Pong": func() frame { return &Pong{} }, "Bye": func() frame { return &Bye{} }, "Ack": func() frame { return &Ack{} },
	"Send": func() frame { return &Send{} }, "Sent": func() frame { return &Sent{} }, "Join": func() frame { return &Join{} },
	"Joined": func() frame { return &Joined{} }, "Leave": func() frame { return &Leave{} }, "Members": func() frame { return &Members{} },
	"MemberList": func() frame { return &MemberList{} }, "Delivery": func() frame { return &Delivery{} }, "Renew": func() frame { return &Renew{} },
	"TokenExpiring": func() frame { return &TokenExpiring{} }, "PresenceRequest": func() frame { return &PresenceRequest{} },
	"PresenceList": func() frame { return &PresenceList{} }, "Presence": func() frame { return &Presence{} },
	"AttributeWrite": func() frame { return &AttributeWrite{} }, "AttributeRead": func() frame { return &AttributeRead{} },
	"AttributeList": func() frame { return &AttributeList{} }, "Attribute": func() frame { return &Attribute{} },
	"Counts": func() frame { return &Counts{} }, "CountList": func() frame { return &CountList{} }, "Invitation": func() frame { return &Invitation{} },
	"GetMediaUrl": func() frame { return &GetMediaUrl{} }, "MemberChange": func() frame { return &MemberChange{} }, "Message": func() frame { return &Message{} },
}

var (
	protoComment = regexp.MustCompile(`//.*`)
	protoToken   = regexp.MustCompile(`"[^"]*"|[\w.]+|[{}=;]`)
)

// reference reads rtm.proto, as far as it uses the language. A string is bytes to it: Google's decoder refuses text that is no
// UTF-8, which ours leaves to the gateway.
func reference(t testing.TB) protoreflect.MessageDescriptors {
	source, err := os.ReadFile("rtm.proto")
	require.NoError(t, err)
	tokens := protoToken.FindAllString(protoComment.ReplaceAllString(string(source), ""), -1)
	take := func() string { next := tokens[0]; tokens = tokens[1:]; return next }
	want := func(token string) { require.Equal(t, token, take()) }
	number := func() *int32 {
		want("=")
		n, err := strconv.Atoi(take())
		require.NoError(t, err)
		want(";")
		return proto.Int32(int32(n))
	}
	enum := func() *descriptorpb.EnumDescriptorProto {
		e := &descriptorpb.EnumDescriptorProto{Name: proto.String(take())}
		for want("{"); tokens[0] != "}"; {
			name := take()
			e.Value = append(e.Value, &descriptorpb.EnumValueDescriptorProto{Name: &name, Number: number()})
		}
		want("}")
		return e
	}
	types := map[string]descriptorpb.FieldDescriptorProto_Type{
		"string": descriptorpb.FieldDescriptorProto_TYPE_BYTES, "bytes": descriptorpb.FieldDescriptorProto_TYPE_BYTES,
		"bool": descriptorpb.FieldDescriptorProto_TYPE_BOOL, "fixed64": descriptorpb.FieldDescriptorProto_TYPE_FIXED64,
		"int32": descriptorpb.FieldDescriptorProto_TYPE_INT32, "int64": descriptorpb.FieldDescriptorProto_TYPE_INT64,
		"uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32, "uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64,
	}
	message := func() *descriptorpb.DescriptorProto {
		m := &descriptorpb.DescriptorProto{Name: proto.String(take())}
		for want("{"); tokens[0] != "}"; {
			first := take()
			if first == "enum" {
				m.EnumType = append(m.EnumType, enum())
				continue
			}
			f := &descriptorpb.FieldDescriptorProto{Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
			if first == "repeated" {
				f.Label, first = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), take()
			}
			if kind, ok := types[first]; ok {
				f.Type = kind.Enum()
			} else {
				f.TypeName = &first // of a message or an enum: protodesc finds out which
			}
			f.Name = proto.String(take())
			f.Number = number()
			m.Field = append(m.Field, f)
		}
		want("}")
		return m
	}
	file := &descriptorpb.FileDescriptorProto{Name: proto.String("rtm.proto"), Syntax: proto.String("proto3")}
	for len(tokens) > 0 {
		switch take() {
		case "syntax", "option", "package":
			for take() != ";" {
			}
		case "message":
			file.MessageType = append(file.MessageType, message())
		default:
			t.Fatal("rtm.proto has what this test can't read before ", tokens[:3])
		}
	}
	descriptor, err := protodesc.NewFile(file, nil)
	require.NoError(t, err)
	return descriptor.Messages()
}

// fill sets all fields of m, and of the messages within to a depth, each to another value.
func fill(m protoreflect.Message, depth int, next *uint64) {
	value := func(f protoreflect.FieldDescriptor, fresh protoreflect.Value) protoreflect.Value {
		*next++
		n := *next
		switch f.Kind() {
		case protoreflect.BoolKind:
			return protoreflect.ValueOfBool(true)
		case protoreflect.EnumKind:
			return protoreflect.ValueOfEnum(f.Enum().Values().Get(f.Enum().Values().Len() - 1).Number())
		case protoreflect.Int32Kind:
			return protoreflect.ValueOfInt32(-int32(n))
		case protoreflect.Int64Kind:
			return protoreflect.ValueOfInt64(-int64(n << 33))
		case protoreflect.Uint32Kind:
			return protoreflect.ValueOfUint32(1<<31 + uint32(n))
		case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
			return protoreflect.ValueOfUint64(1<<63 + n)
		case protoreflect.BytesKind:
			return protoreflect.ValueOfBytes(fmt.Appendf(nil, "value %d", n))
		}
		fill(fresh.Message(), depth-1, next)
		return fresh
	}
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case f.Message() != nil && depth == 0:
		case f.IsList():
			list := m.Mutable(f).List()
			list.Append(value(f, list.NewElement()))
			list.Append(value(f, list.NewElement()))
		default:
			m.Set(f, value(f, m.NewField(f)))
		}
	}
}

// compare decodes data by both codecs. What both take must be the same and be encoded to the same; what one alone takes must
// be of the kinds where they are meant to differ.
func compare(t *testing.T, descriptor protoreflect.MessageDescriptor, data []byte) {
	theirs := dynamicpb.NewMessage(descriptor)
	theirErr := proto.Unmarshal(data, theirs)
	ours := messages[string(descriptor.Name())]()
	err := ours.UnmarshalVT(data)
	switch {
	case err != nil && theirErr != nil:
		return
	case err != nil:
		require.True(t, hasMisplaced(theirs), "only Google's codec takes %x: %v", data, err)
		return
	case theirErr != nil:
		require.True(t, hasUnknown(reflect.ValueOf(ours)), "only our codec takes %x: %v", data, theirErr)
		return
	}
	encoded, err := ours.MarshalVT()
	require.NoError(t, err)
	back := dynamicpb.NewMessage(descriptor)
	require.NoError(t, proto.Unmarshal(encoded, back))
	require.True(t, proto.Equal(theirs, back), "%x is %v to Google's codec and %v to ours", data, theirs, back)
}

// hasMisplaced reports whether a field of m, or of a message within, is there as another kind than rtm.proto gives it: ours
// refuses that, Google's takes it for a field that it does not know.
func hasMisplaced(m protoreflect.Message) bool {
	for unknown := m.GetUnknown(); len(unknown) > 0; {
		number, _, n := protowire.ConsumeField(unknown)
		if m.Descriptor().Fields().ByNumber(number) != nil {
			return true
		}
		unknown = unknown[n:]
	}
	found := false
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				found = found || hasMisplaced(v.List().Get(i).Message())
			}
		default:
			found = found || hasMisplaced(v.Message())
		}
		return !found
	})
	return found
}

// hasUnknown reports whether m, or a message within, has a field that is not known here: ours passes over its value without
// a look at what is in a group, or at how large a number is.
func hasUnknown(m reflect.Value) bool {
	if m = m.Elem(); m.FieldByName("unknownFields").Len() > 0 {
		return true
	}
	for i := range m.NumField() {
		switch f := m.Field(i); {
		case f.Kind() == reflect.Pointer && !f.IsNil():
			if hasUnknown(f) {
				return true
			}
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Pointer:
			for j := range f.Len() {
				if hasUnknown(f.Index(j)) {
					return true
				}
			}
		}
	}
	return false
}

// Every field of every message gets through ours as through Google's, alone and with all others.
func TestCodecIsThatOfTheProtoFile(t *testing.T) {
	descriptors := reference(t)
	require.Equal(t, len(messages), descriptors.Len(), "messages of rtm.proto")
	for i := range descriptors.Len() {
		descriptor := descriptors.Get(i)
		t.Run(string(descriptor.Name()), func(t *testing.T) {
			full, next := dynamicpb.NewMessage(descriptor), uint64(0)
			fill(full, 3, &next)
			data, err := proto.Marshal(full)
			require.NoError(t, err)
			exactly(t, full)
			compare(t, descriptor, append(data, data...)) // the second half is merged into the first
			full.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
				one := dynamicpb.NewMessage(descriptor)
				one.Set(f, v)
				exactly(t, one)
				return true
			})
		})
	}
}

// exactly requires that ours decodes m, as Google's encodes it, and encodes it to the same, with nothing left unknown.
func exactly(t *testing.T, m *dynamicpb.Message) {
	data, err := proto.Marshal(m)
	require.NoError(t, err)
	ours := messages[string(m.Descriptor().Name())]()
	require.NoError(t, ours.UnmarshalVT(data))
	require.False(t, hasUnknown(reflect.ValueOf(ours)), "%v", m)
	compare(t, m.Descriptor(), data)
	again, err := ours.MarshalVT()
	require.NoError(t, err)
	back := dynamicpb.NewMessage(m.Descriptor())
	require.NoError(t, proto.Unmarshal(again, back))
	require.True(t, proto.Equal(m, back), "%v became %v", m, back)
}

func FuzzAgainstReference(f *testing.F) {
	descriptors := reference(f)
	sides := []protoreflect.MessageDescriptor{descriptors.ByName("ClientFrame"), descriptors.ByName("ServerFrame")}
	for _, data := range broken {
		f.Add(data)
	}
	for _, side := range sides {
		full, next := dynamicpb.NewMessage(side), uint64(0)
		fill(full, 3, &next)
		full.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			one := dynamicpb.NewMessage(side)
			one.Set(field, v)
			data, err := proto.Marshal(one)
			require.NoError(f, err)
			f.Add(data)
			return true
		})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, side := range sides {
			compare(t, side, data)
		}
	})
}
