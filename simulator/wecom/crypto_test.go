package wecom

import (
	"bytes"
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vectors are those of the platform's documents and of a widely used client library.
func TestVectorA(t *testing.T) {
	const (
		key    = "cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP"
		sealed = "EUCt7xMcNiyASzZj0Hjc5yDjFQrCum6AfQ3ntHiUzjGQ51xieKmbvtrZ40/EcB2W/W8yH0n4Lqx48gJl/T9HD/R309I0P/r5pIZucK3lyEn48FYMr4YdE0QdL2jIJ3xkcXUr6uzefzCxG6lMvwpAJaOyVCzN7sRRw47njfxy5EIqU6R9ZBhlTzfdnhhOhK/nTwzrZX3SoGlXFA9OBeZ6ru1NWpXFk76x9DUMe0lcxPPiUqK8ctnQcYXSGUHVqC6DfG7E7mab0OmruNN8cBZY5d3dYOBA4OgaH55Q0AJmUpdT8vNiXpXx+6TxT3TIjySXpDrHVyrsb772aYywgg/Nu4kUmGkALwFZlzhjNegR7wDwb9lr4ERXsSSS8JZ8lbBmaQ3F2Tq584xoPj5rIhXAF734ynm4no1g+SdHiNqR328="
	)
	require.Equal(t, "f265ae551b1932727204c3d707628d01376a6940", signature("kz7Yx62CH8SaLN", "1583995625", "1584392382", sealed))
	random, msg, receiver, err := unseal(key, sealed)
	require.NoError(t, err)
	require.Equal(t, "ww6a112864f8022910", receiver)
	var plain struct {
		Content, FromUserName string
		MsgID                 int64 `xml:"MsgId"`
		AgentID               int
	}
	require.NoError(t, xml.Unmarshal(msg, &plain))
	require.Equal(t, "x123", plain.Content)
	require.Equal(t, "foobar", plain.FromUserName)
	require.EqualValues(t, 2018405441, plain.MsgID)
	require.Equal(t, 1000002, plain.AgentID)
	again, err := seal(key, random, msg, receiver)
	require.NoError(t, err)
	require.Equal(t, sealed, again)
}

func TestVectorB(t *testing.T) {
	const (
		key    = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
		sealed = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
	)
	require.Equal(t, "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", signature("QDG6eK", "1409659589", "263014780", sealed))
	random, msg, receiver, err := unseal(key, sealed)
	require.NoError(t, err)
	require.Equal(t, []string{"c41b64491c2468d0", "1616140317555161061", "wx5823bf96d3bd56c7"}, []string{string(random[:]), string(msg), receiver})
	again, err := seal(key, random, msg, receiver)
	require.NoError(t, err)
	require.Equal(t, sealed, again)
}

func TestVectorC(t *testing.T) {
	for length, padding := range map[int][]byte{
		0:  bytes.Repeat([]byte{0x20}, 32),
		1:  bytes.Repeat([]byte{0x1f}, 31),
		31: {0x01},
		32: bytes.Repeat([]byte{0x20}, 32),
	} {
		require.Equal(t, padding, pad(make([]byte, length))[length:], "%d bytes", length)
	}
}

func TestVectorD(t *testing.T) {
	sealed, err := seal("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", [16]byte([]byte("0123456789abcdef")), []byte(`{"a":1}`), "")
	require.NoError(t, err)
	require.Equal(t, "sKqRbbiSUnDhFHOvPjtUMcinhN3yWU1yAhjw+7dix1E=", sealed)
}

func TestVectorE(t *testing.T) {
	require.Equal(t, "a9993e364706816aba3e25717850c26c9cd0d89d", signature("c", "a", "b"))
}

func TestUnsealRefusesWhatWasChanged(t *testing.T) {
	key := randomFrom(alphanumerics, 42) + "A"
	sealed, err := seal(key, random16(), []byte("<xml/>"), "ww1")
	require.NoError(t, err)
	for _, bad := range []string{"", "?", sealed[:len(sealed)-4], "AAAA"} {
		_, _, _, err := unseal(key, bad)
		require.Error(t, err, bad)
	}
	require.NotEqual(t, sealed, damage(sealed))
	_, err = seal("short", random16(), nil, "")
	require.Error(t, err)
}
