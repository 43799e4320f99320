"""The only code that touches ComfyUI: its folders, device, page, pictures and model classes."""
