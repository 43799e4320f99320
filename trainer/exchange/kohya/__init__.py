"""kohya's settings, sd-scripts' and kohya_ss', in and out."""
