# Draws notice.png: the notice that TestGlyphs compares with, by FreeType (through
# Pillow 9.4), from the outline font Cubic 11 v1.410 by ACh-K (OFL 1.1), which the
# bitmap font was made from. Run once:
#   python3 draw.py Cubic_11.ttf > notice.png
import sys
from PIL import Image, ImageDraw, ImageFont

NOTICE = "各位村民请注意今天下午有大到暴雨山洪沟边住户提前转移听从村干部指挥"
font = ImageFont.truetype(sys.argv[1], 12)
image = Image.new("1", (12 * len(NOTICE), 16), 0)
draw = ImageDraw.Draw(image)
draw.fontmode = "1"
for i, c in enumerate(NOTICE):
    draw.text((12 * i, 12), c, fill=1, font=font, anchor="ls")
image.save(sys.stdout.buffer, "PNG")
