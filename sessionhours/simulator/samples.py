"""Small files that people send when they bring none of their own."""

from __future__ import annotations

import base64
import struct

PHOTO = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7"
    "gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8"
    "fHx8fHx8fHz/wAARCAB4AKADASIAAhEBAxEB/8QAGgABAAMBAQEAAAAAAAAAAAAAAAIDBAUBBv/EADMQAAICAAMGBAQEBwAAAAAA"
    "AAABAgMEERMSITFBUpEFMmGxNFFxcxQiodEGI0RjgqLB/8QAGAEBAQEBAQAAAAAAAAAAAAAAAAMBAgT/xAAaEQEBAQEBAQEAAAAA"
    "AAAAAAAAARECMSFB/9oADAMBAAIRAxEAPwDugAsiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAObq2dcu41bOuXcgDybWJ6tnXLuNWzrl3IAbRPVs65dxq2dcu5ADaJ6tnXLuNWzrl3IFd1mnDd5nwE2nqGKx"
    "E5fy9ttc95mALT4tJjTj8J+DuVe3t5x2s8sub/Yjhr5VPZ23GL9eDNfjvxkPtr3ZzTPYWa6erZ1y7jVs65dzNh7NqOy+K9i4ldiN"
    "mJ6tnXLuNWzrl3IAbRPVs65dxq2dcu5ADaJ6tnXLuNWzrl3IAbQABgAAAAAPJSUYtvgjFZN2TcmWYi3bezF/lXuUleZinMwAB06d"
    "Px6Elia55flcMk/VN/ujmHY/iD+n/wAv+HHMjXsZOMk1xRtrmrIKSMJZTZpz3+V8TOprjqa2ALes0CSYAAAAAAAAAABViLNiOS8z"
    "/QsnNQi5Mwyk5ycnxZ1zNdczXh42ks3uR6YcZbJzda3RXH1KqL54qqLyTcvoir8d/b/2MgMa7OO8cjjnXtUOtQz4S2s88vRfIpru"
    "rs3Rlv8AkzmHqbTzW5gdYFOGsdtWcuKeX1LjWNOGszWw+PIvOem001xRtqsVkM+fNE+p+p9T9TABw5AAAAAAAoxNmS2FxfH0Nk0k"
    "1XfZtyyXlX6lQBaTFpMDPiMOrFtR3T9zQAOVOEoPKUWvqROuSwlFUsXTGVUGnZFNOK37zGuMW14edjW5qPzZ9X4xhcPRhYypoqrk"
    "5pZwgk8sn8jjCCFcI1xUYrcTANYE6rHXPPlzRAAdBb1mgZsNZk9h8ORpI2YlZgADGAAAjbNVwb58jC25NtvNsApxPinPgADt0AAA"
    "XYP4yj7kfcADseO/Bw+4vZnBAMjQAGsAAAW55o2U2akN/mXEA56nxz14sABJN//Z"
)
STICKER = base64.b64decode(
    "UklGRpoOAABXRUJQVlA4WAoAAAAQAAAA/wEA/wEAQUxQSFYDAAARDzD/ERHCd21bdW3btgWBDz5lAqZgGpiGKTKBTz4IMJ6tlpxE"
    "UGvjNWdE/yfA/Z/Dc+/yqP2H/jnrj/Zjxv7T/JC2vxifMb9SHtH2l+MT5tfKA+r+MPD6J4m3Ptm4tj+OtPFZpm1Dz2oWkTUsMmtZ"
    "bFTdpoHUbRJp2hTSNvacZhU53SpxplXhLKuNqds8UG67izLsMmXaFcoWekZTRMatuBhDkRlTURhb6glVEwi35iJ0TSIMTSYszSZs"
    "sddVVdDdqkvXVUk3VFm3VFu35V5VdUHVdFF16y5V1yXV0GXV0m3VBnpNJQRNI0TNTbg0nZA0g5A1k1A0i7A1G+kVlREUjREVN+NS"
    "dEY62WBkxWQUxWJsxYZ6u0oJdo0S7W7Kda5OSXaDku0mpZxrUbbdxnqrygmnapxodXMuq85JpxqcbDU55VSLs6022J+pkoJNI8Uz"
    "3aTrTJ2UbAYpn2mSypkWaZ9po71FZYUTNVY80c26TtRZ6USDlU80WeWNLNY+0Yb781RaeB+NFs9z06730WnpfQxafh+TVt7Hou33"
    "sfH+bVRe+G40Xvxu3Lzru9F56adh8PJP0+SVvxoWb//dZD/Q/8fQeoD7m8nklb8aBi//NHVe+mm4edd3o/Hid6PywnfD8fzrWDj3"
    "OiatvI9By++j09L7uGnX+2i0eJ5KC+/D0fyBFswdaLLKGxmsfKLOSie6WdeJGiueqLLCiRzLmyyUO9IklTMNUj5TJyWbm3SdqZHi"
    "mSop2DiSP9QCOePJKacanGzVOelUN+eyapxoVTnhVI7jzRbGmU9KOdegZLtOSXY35TpXo0S7Sgl2juIFC+KEk1EUg5EVnZFOdjMu"
    "RWNERWUEhWN4yUI46SQUzSBkTSckzU24NI0QNZUQNI7gRQvgxEOXVV2XVLfuUjVdVFVdUDmdly2Zkw9V1nVV0t2qS1dVQedUHrBE"
    "Djg0mdA1iXBrLkLVBILTeMRUFIccisy4FRejKSLDKTxk2hUHHXaZcttdlGoXKG6ZOey0KpxulTjNKnKclQdNm+LA3SaRqk0guWXi"
    "0MMis5pFZDkLDxufZQdvn0WaWx85fP8k8eongefm14p7YPtafIKbXynuke0r8Rlu/Fl2T11/4p77R/5Bbu5d3P+5C1ZQOCAeCwAA"
    "UGwAnQEqAAIAAj8RiL9YrCknI6OSKIGAIgllbuFz3jj+H/gf+gHtoIC8AfoBAgPwA/VXxAPwA/QBO5T2/2tYq+L/aeXm67A5fe9F"
    "+3C8w3nGec3vsm8//5vJj/JH+c33a9U412EylnT+O1mBKle1P7s35IiOGm3DSy92Gm3DSy92Gm3DSy92Gm3DSy92Gm3DSy92Gm3D"
    "Sy92Gm3DSy92Gm3DSy92FSfdiSVk3viVLt0Y3iXgB6pZe7DTbhmy6w0oVMEpvUKv4g55wEm24aWXuw0y2WhlZDrwI/uxByKUaNOD"
    "rhpZe7DTaBORG260cndDQEVmsjP3tYAPVLL3XI/tIAeqWXuw0zEDWsret6m2hptwzgP9EArw0ye24aWXpc34vHfi2PNdWECMqggC"
    "AsNHUnJ20xifk7oZ/IatB5e7DTbhpZe9GqeKQ87sNMoeYtsdwHdRAi7DQIKP6nUsvR7zttDTLZaJnNdPzWfB8O0EPGn4Rf8YSTdc"
    "BQ0FPuDHLe2crWIjjS1JEbZEjptthtuX+SsSCMPn5EZliXwdQL+jKibA5ZaOU6k3TFHuaaqeJXAz50lHVG/nqwdGt+1mifM9eBnW"
    "FFDhUAdbf1DRzTdQJycLT8t+aPAHol0/DqwBGriosiic6kiwo9zXbtU0abckMqdtxU6dU4sNoqWXuw024aWXuwq7OG22wmC6k5O6"
    "Gm3DSy910sSE20FM4zJBFSxIXtx1y6sNHMp68Agk6k3TDVzXUGEVLDfyUq5NLAAXQNScnEPq7Jo+2mHkuadUZCLtSA9DoT8EgIHg"
    "BLRMQwUPykScSS5tjEjQe+Nkb+rgQm1HbCQ53XQ2Xuw0G7vc91y+IwIimhFqpGCGfJo25Ep5QWZf143m1hH+66dihmQ2Zl7CrEEl"
    "dGm21XBcCNjPyeO/uXlCklgb9ziV/ngG6F4MI817hvTo8AEXPoRU7oUCmm3HbRtua6tnuq5hw1rC+7VbG1qndCsOi9o04Yw6NN2F"
    "p5rqsw8wdKLpTbhpZaxDc5nGMD50Jyd0NMwOtThndDTbhpZaS4PirpxoQbbhnGmT7N3Pdhptw0svcvbcr1qrvGSCJhSoKXe82LPq"
    "Hqll7sNNuGllrEb77kIWwJ3Q024aWXuw024aa9rqw0dScndDTbhpZe7DTbhruptw0lgA+9jYAAAAAAAAAOzfUuCt3HcvP7RFotXf"
    "SvKqELlq3ANm0Z0F9bTy/mimWax9w65kU7XcIgBadMTsDCtzsEAALoIxNMAEKDxE8PLeLWm66coNXEjmtd0ZeB2bVjbwBQglFPaZ"
    "uH/6Chaw/72QG69FJRNP11G2dpoBNdUuGArX+gwne+PTY1yNcNygsAGJNvwf2fDyVjbU8fugYpbKut0QAe/o/feW7syfBDKuCFys"
    "/FTP/ycP/+o8gDywVG+3BjovmgX64KVQDfEefqRXdDcDHiDNQ9/IHs5/1+Hi7NEkUf+2pn/5OH//UeQB5YKjfbgxyyNvXLZ0Qiim"
    "t+1TAOlEh4pfftn1uVHdWtbf4hhczg9myN9iRPPY8ILAuMAIuDwV2RNUGvTArjFb7OdUrE5+tycoORR6bGdEGz3U433ChWEo9YOM"
    "PUVn7djbnDJ1JfgpcuxsEPbgwer9v0pZJEedC3RtdspXa4V7gD4kAp49CGHlFUHRs9EoMQosXJwPsO/EtuxTGhS/udEgjrlIJs8k"
    "IPWnIHpe2FpmX6ly1/Khfs1MUrnikLIO4vDpDTyTp/RNQLRgVOUgWn0Zu9uC8D67bJKMvxyefU3QEOpZPu3LRHpVpF7s2rFxY+1C"
    "18mIYhyg13iAgtHM8YCANUvnFOrudb5xdcwU7M4jDaX454wpCVSWUjcK3WN6pW7S7G+tR8QvgFZHtHhyGiVQnSV52tFJnu51vnF1"
    "ziYtn+1TzefwdM0tNBJurVc1JruFJ6ApE3Ajn+t0oBQgPA2nXSAn7PTzTyQft0iwMQ5msijHs4Q+WWZQtWturdigQBAbnSKfXQ8p"
    "i+tN7qmHh8j8C7nl1tKOGeHxJxbggC3pz6ScgEBkFvaWj+4FNdn1huO3Iu0ojPzggq42svOVW0yr5xk6aA/rVe731cwj3YQ8TMtb"
    "1Wuj98jeWl7tigrlerqeAWB+L7kqX2xsk87gXwF00v/hBpXDDYgp1HIGDxIuMAP/3Y1urbAjotL3VJP4tF/tMYfslOjYdRWY2blU"
    "sE20lGTVzXNj6ow0Ti56iLqf0/KQ9gLlvHYYvAtb/mlwDWG8xwyRR3V4Axf6t6Kp/kkJDc3xptuzaPFPcvdxwY2z1ewPOKLUmeBo"
    "exAC8k8FlBV0i+Rb59VjiE2FrlNzNytn/LPRF/6X4V73aePAe721K4QAAJYnDLyTKFzxqNYATUHEbpL7dYtwerfD+SGZMsQADf1c"
    "rysvHqWPpWUMOyTeyfkB2DCJbSMXWS6m5WkkrquB0JZ/ofeslokkaaB2/CHyIemc5+p34bnQvAw1Fn40TBuruXeR2oLsLr7dY9B9"
    "UBOnhmeYO6wtA8xxkIMpGbVyXneBygvmi6OHT4Ztb2aCd2/hveFSkadHPU4V4fAfjLr6PGzKqdcSEMxMwVK8jhMHL0i78JeTqT0S"
    "+AXkNEXCkZFLQq/NElo/dHXVIWerecktGI91hFPUkBb04hIwl55gABXudBALNSz4krNIFSytH4X/QFz4InyPqTBXy/L5PX4jQEQI"
    "L6z5YuE1WQEBfQugpcjQdUiOjeQme1dJqEK8cJMT2n3tI9C+RLV7Mi6xwh9/VdRvdvD6yx/tdjxOLg2qgJ7cZbF77GExXfacrnkl"
    "IF6gCTXeco0OsC21gv9OgRK5XPzYV8P9XkyS7jjzgaAFZu/kXLPNzmZT80+X3pc4k7q8uWUHJobpD4dYn+VonnyZXPsOuh9cJK89"
    "53O2zqZ74bMHrNAq7mVtEDcHzSVBLgxQL2494F16AZXIHREgmqfepgTG62J18c0n3qglVjE8vPiYHlWavMBPbbuYzw4CZhfZqjcp"
    "HLOr9Ntfm7MvizLSTk2GlllHVMOJAKzxNMR1+xCFlYMZzIZM6SrcaP8PHFJX+j9CvQW+8tnkTW4Mf2OfdtHnLw3mCoN370Xth7xf"
    "D9DJe8z6oN37G6cLSGG8pmRi2k1Qbv0iUhNw9sPlsDXoOe+0IoYJBcoOo1hRFY1csoQ6Rnf8IDTkzLmBw6/pBGPRG3Soed7PfJLG"
    "GEbzvvHIHyq2dwMT3KYf6qNyJiDq9tYFE4yEFIgIFbrzOuQ9IsKDACxhIqsmPWcPxwoSERU7R8qEAz2apgI9gjp4MzcSH2r7Cdkm"
    "j+eZk2V4eyWPWUJWEDBRC9f10HTihuKk60/yIGMvgPl7WzO92l1icPiPhJmEJYzrmhbigh2mAxYA/ghKrMKqqZxjNd3fmWy/A9H4"
    "Jew4paBuKt7GSExLhaxClHbYcqNxs/BgMneJl/pWrTFJaS3IL1ZjrdP1nslla1+3KLsJUalEDzCjOvtw519JobZgz0N9e3CQNoey"
    "2VIymm5itySTGNkzs0lKhFGOAtYab0ZuYAAcNsxURW/o9TlW6n9s7LdPNMxISLAIUreuHRZayLW/dbT60+gBW+kIww8Bi8hIvfqN"
    "ShgAOhchtSqCE/bTZfmvqjXByY94v0Of52Ug9YWEHtV+ZON6dLVRpvVtWMDM1H00sAeZ8v0EpwKngABGLbMbBZoM0DTWAzzIDpfg"
    "uEdNFjv60q3wx2e/wWQD1NTKHSUDsF2eCkjixC2WrM2AOqf0PSKPq9TWjEHjXCptJG5DCc4qATwAAAIPTOQAABlIAAAAAAA="
)
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
SILENCE = b"\xf8\xff\xfe"
FRAME_SAMPLES = 960


def crc(page: bytes) -> int:
    """The checksum of an Ogg page: polynomial 04c11db7, not reflected, no final turn."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
    return value & 0xFFFFFFFF


def page(packets: list[bytes], flags: int, position: int, number: int) -> bytes:
    """One Ogg page of packets shorter than 255 bytes."""
    sizes = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, position, 1, number, 0)
    rest = bytes([len(packets)]) + sizes + b"".join(packets)
    return head[:22] + struct.pack("<I", crc(head + rest)) + rest


def voice(seconds: int = 3) -> bytes:
    """A voice message: Ogg with Opus, mono, silent, up to five seconds."""
    frames = min(seconds, 5) * 50
    opening = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, 48000, 0, 0)
    tags = struct.pack("<8sI", b"OpusTags", 9) + b"simulator" + struct.pack("<I", 0)
    return (
        page([opening], 2, 0, 0)
        + page([tags], 0, 0, 1)
        + page([SILENCE] * frames, 4, frames * FRAME_SAMPLES, 2)
    )


def box(kind: bytes, content: bytes) -> bytes:
    """One box of an MP4 file."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def video() -> bytes:
    """The least that is recognised as MP4: it names its brand and holds no picture."""
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"free", b"") + box(b"mdat", bytes(64))


SAMPLES = {
    "image": ("image/jpeg", PHOTO, None),
    "sticker": ("image/webp", STICKER, None),
    "document": ("application/pdf", PDF, "Antrag Straßenfest.pdf"),
    "audio": ("audio/ogg; codecs=opus", voice(), None),
    "video": ("video/mp4", video(), None),
}
