"""What looks at reference pictures, and what makes tokens of it; on the CPU in fp32."""
